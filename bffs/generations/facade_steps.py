"""The steps that each façade and each plain route adds to the pipeline."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from weir.bffs.config.model.facade import FacadeSection
from weir.bffs.config.model.root import Config
from weir.bffs.config.model.route.route import RouteSection
from weir.bffs.config.policies.mapping import to_policy
from weir.bffs.config.policies.rate_limits import facade_limits, route_limits
from weir.bffs.generations.identification import AccessSteps
from weir.gateway.clock import Clock
from weir.gateway.edge.context.client_address import networks
from weir.gateway.edge.route_steps.addresses import AddressPolicy, address_steps
from weir.gateway.edge.route_steps.cors import CorsPolicy, cors_steps
from weir.gateway.edge.route_steps.rate_limits import rate_limit_steps
from weir.gateway.edge.route_steps.security_headers import (
    SecurityHeaders,
    security_header_steps,
)
from weir.gateway.edge.steps import BASE_STEPS, NO_STEPS, Steps
from weir.gateway.limits.limiter import LimitBuckets, limit_buckets
from weir.gateway.limits.policy import RateLimit


@dataclass(frozen=True, slots=True)
class ConfiguredSteps:
    """The steps of façades and of plain routes, by name, and the buckets of limits."""

    facades: Mapping[str, Steps]
    routes: Mapping[str, Steps]
    buckets: LimitBuckets


def configured_steps(
    config: Config,
    access: AccessSteps,
    previous: LimitBuckets,
    clock: Clock,
) -> ConfiguredSteps:
    """Return the steps by the configuration.

    `access` are the steps that identify and admit callers.
    A limit that has not changed keeps its buckets from `previous`.
    """
    of_facades, of_routes = facade_limits(config), route_limits(config)
    every = (*of_facades.values(), *of_routes.values())
    buckets = limit_buckets((each for limits in every for each in limits), previous)

    def limited(limits: Iterable[RateLimit]) -> Steps:
        return rate_limit_steps([buckets[each] for each in limits], clock)

    headers = to_policy(config.security_headers, SecurityHeaders)
    for_browsers = security_header_steps(headers)
    return ConfiguredSteps(
        {
            name: _steps(facade, access.facades.get(name, NO_STEPS))
            .then(limited(of_facades[name]))
            .then(for_browsers)
            for name, facade in config.facades.items()
        },
        {
            name: _steps(route, access.routes.get(name, NO_STEPS)).then(
                limited(of_routes[name])
            )
            for name, route in config.routes.items()
        },
        buckets,
    )


def _steps(section: FacadeSection | RouteSection, access: Steps) -> Steps:
    return BASE_STEPS.then(_addresses(section)).then(_cors(section)).then(access)


def _addresses(section: FacadeSection | RouteSection) -> Steps:
    if section.addresses is None:
        return NO_STEPS
    return address_steps(
        AddressPolicy(
            allow=networks(tuple(section.addresses.allow)),
            deny=networks(tuple(section.addresses.deny)),
        )
    )


def _cors(section: FacadeSection | RouteSection) -> Steps:
    if section.cors is None:
        return NO_STEPS
    return cors_steps(to_policy(section.cors, CorsPolicy))
