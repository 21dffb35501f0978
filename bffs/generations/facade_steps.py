"""The steps that the routes of each façade add to the pipeline."""

from collections.abc import Mapping

from weir.bffs.config.model.facade import FacadeSection
from weir.bffs.config.model.root import Config
from weir.bffs.config.policies.mapping import to_policy
from weir.bffs.config.policies.rate_limits import facade_limits
from weir.gateway.clock import Clock
from weir.gateway.edge.addresses import AddressPolicy, address_steps
from weir.gateway.edge.client_address import networks
from weir.gateway.edge.cors import CorsPolicy, cors_steps
from weir.gateway.edge.rate_limits import rate_limit_steps
from weir.gateway.edge.steps import BASE_STEPS, NO_STEPS, Steps
from weir.gateway.limits.limiter import LimitBuckets, limit_buckets


def facade_steps(
    config: Config,
    access: Mapping[str, Steps],
    previous: LimitBuckets,
    clock: Clock,
) -> tuple[dict[str, Steps], LimitBuckets]:
    """Return the steps of each façade, and the buckets of their limits.

    `access` are the steps that identify and admit callers.
    A limit that has not changed keeps its buckets from `previous`.
    """
    limits = facade_limits(config)
    buckets = limit_buckets(
        (each for of_facade in limits.values() for each in of_facade), previous
    )
    steps = {
        name: BASE_STEPS.then(_addresses(facade))
        .then(_cors(facade))
        .then(access.get(name, NO_STEPS))
        .then(rate_limit_steps([buckets[each] for each in limits[name]], clock))
        for name, facade in config.facades.items()
    }
    return steps, buckets


def _addresses(facade: FacadeSection) -> Steps:
    if facade.addresses is None:
        return NO_STEPS
    return address_steps(
        AddressPolicy(
            allow=networks(tuple(facade.addresses.allow)),
            deny=networks(tuple(facade.addresses.deny)),
        )
    )


def _cors(facade: FacadeSection) -> Steps:
    if facade.cors is None:
        return NO_STEPS
    return cors_steps(to_policy(facade.cors, CorsPolicy))
