"""The limits of a generation: those of façades, routes and plans, and their buckets."""

from collections.abc import Mapping
from dataclasses import dataclass

from weir.bffs.config.model.root import Config
from weir.bffs.config.policies.plans import plans
from weir.bffs.config.policies.rate_limits import facade_limits, route_limits
from weir.gateway.limits.limiter import LimitBuckets, LimitStates, limit_buckets
from weir.gateway.limits.plans import PlanLimiter, Plans
from weir.gateway.limits.policy import RateLimit


@dataclass(frozen=True, slots=True)
class ConfiguredLimits:
    """The limits by the names of façades and plain routes; `plans` are by façade."""

    facades: Mapping[str, tuple[RateLimit, ...]]
    routes: Mapping[str, tuple[RateLimit, ...]]
    plans: Mapping[str, Plans]
    buckets: LimitBuckets

    def of_facade(self, name: str) -> list[LimitStates]:
        """Return the states of the limits of a façade, without those of plans."""
        return [self.buckets[each] for each in self.facades[name]]

    def of_route(self, name: str) -> list[LimitStates]:
        """Return the states of the limits of a plain route."""
        return [self.buckets[each] for each in self.routes[name]]


def configured_limits(config: Config, previous: LimitBuckets) -> ConfiguredLimits:
    """Return the limits; one that has not changed keeps its buckets of `previous`."""
    of_facades, of_routes = facade_limits(config), route_limits(config)
    configured = tuple(plans(config))
    every = (*of_facades.values(), *of_routes.values())
    every = (*every, *(each.limits for each in configured))
    buckets = limit_buckets((each for limits in every for each in limits), previous)
    limiters = {each.name: PlanLimiter(each, buckets) for each in configured}
    return ConfiguredLimits(
        of_facades,
        of_routes,
        {
            name: Plans(
                limiters=limiters,
                claim=facade.plan.claim,
                default=facade.plan.default,
            )
            for name, facade in config.facades.items()
            if facade.plan is not None
        },
        buckets,
    )
