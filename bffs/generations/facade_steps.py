"""The steps that each façade and each plain route adds to the pipeline."""

from collections.abc import Mapping
from dataclasses import dataclass

from weir.bffs.config.model.facade import FacadeSection
from weir.bffs.config.model.root import Config
from weir.bffs.config.model.route.route import RouteSection
from weir.bffs.config.policies.addresses import address_policy
from weir.bffs.config.policies.mapping import to_policy
from weir.bffs.generations.identification import AccessSteps
from weir.bffs.generations.limits.configured import ConfiguredLimits
from weir.gateway.clock import Clock
from weir.gateway.edge.route_steps.addresses import address_steps
from weir.gateway.edge.route_steps.cors import CorsPolicy, cors_steps
from weir.gateway.edge.route_steps.rate_limits import rate_limit_steps
from weir.gateway.edge.route_steps.security_headers import (
    SecurityHeaders,
    security_header_steps,
)
from weir.gateway.edge.steps import BASE_STEPS, NO_STEPS, Steps
from weir.gateway.events import EventSink
from weir.gateway.limits.operations import StatesByOperation
from weir.gateway.limits.plans import Plans


@dataclass(frozen=True, slots=True)
class ConfiguredSteps:
    """The steps of façades and of plain routes, by name.

    `usage` are those of the endpoints that return the use of a plan, which the plan
    does not limit.
    """

    facades: Mapping[str, Steps]
    usage: Mapping[str, Steps]
    routes: Mapping[str, Steps]


def configured_steps(
    config: Config,
    access: AccessSteps,
    limits: ConfiguredLimits,
    clock: Clock,
    *,
    sink: EventSink,
    operations: Mapping[str, StatesByOperation],
) -> ConfiguredSteps:
    """Return the steps by the configuration.

    `access` are the steps that identify and admit callers. `sink` has the refusals.
    `operations` are the limits of façades that depend on the operation.
    """
    headers = to_policy(config.security_headers, SecurityHeaders)
    for_browsers = security_header_steps(headers)

    def of_facade(name: str, plans: Plans | None) -> Steps:
        admitted = _steps(config.facades[name], access.facades.get(name, NO_STEPS))
        limited = rate_limit_steps(
            limits.of_facade(name),
            clock,
            sink,
            plans=plans,
            backoffs=limits.backoffs,
            by_operation=operations.get(name),
        )
        return admitted.then(limited).then(for_browsers)

    return ConfiguredSteps(
        {name: of_facade(name, limits.plans.get(name)) for name in config.facades},
        {name: of_facade(name, None) for name in limits.plans},
        {
            name: _steps(route, access.routes.get(name, NO_STEPS)).then(
                rate_limit_steps(
                    limits.of_route(name),
                    clock,
                    sink,
                    backoffs=limits.backoffs,
                    of_service=True,
                )
            )
            for name, route in config.routes.items()
        },
    )


def _steps(section: FacadeSection | RouteSection, access: Steps) -> Steps:
    return BASE_STEPS.then(_addresses(section)).then(_cors(section)).then(access)


def _addresses(section: FacadeSection | RouteSection) -> Steps:
    if section.addresses is None:
        return NO_STEPS
    return address_steps(address_policy(section.addresses))


def _cors(section: FacadeSection | RouteSection) -> Steps:
    if section.cors is None:
        return NO_STEPS
    return cors_steps(to_policy(section.cors, CorsPolicy))
