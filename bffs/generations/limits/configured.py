"""The limits of a generation: those of façades, routes and plans, and their buckets."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from weir.bffs.config.model.root import Config
from weir.bffs.config.policies.costs import facade_cost_limit
from weir.bffs.config.policies.plans import plans
from weir.bffs.config.policies.rate_limits import facade_limits, route_limits
from weir.gateway.clock import Clock
from weir.gateway.events import EventSink
from weir.gateway.limits.adaptive.health import ServiceHealth
from weir.gateway.limits.adaptive.rate import AdaptiveRate
from weir.gateway.limits.adaptive.states import AdaptiveStates
from weir.gateway.limits.backoff import Backoff
from weir.gateway.limits.buckets import Buckets
from weir.gateway.limits.cost import CostLimiter
from weir.gateway.limits.limiter import (
    LimitBuckets,
    LimitStates,
    NewStates,
    limit_buckets,
)
from weir.gateway.limits.operations import OperationLimits, StatesByOperation
from weir.gateway.limits.plans import PlanLimiter, Plans
from weir.gateway.limits.policy import CostLimit, Plan, RateLimit
from weir.gateway.limits.queueing import limiter_of
from weir.gateway.limits.refusals import Limiter, reported
from weir.gateway.upstreams.snapshot import AdaptiveLimitSnapshot


class ServiceHealths(Protocol):
    """The health of the services by name."""

    def service_health(
        self, name: str, since_s: float, now_s: float
    ) -> ServiceHealth: ...


@dataclass(frozen=True, slots=True)
class ConfiguredLimits:
    """The limits by the names of façades and plain routes.

    `plans` are by façade, and so are `costs`, of those with any limit of costs.
    `adaptive` are the states of limits that follow a service, around those of
    `buckets`. `backoffs` are those of limits that have any.
    """

    facades: Mapping[str, tuple[RateLimit, ...]]
    routes: Mapping[str, tuple[RateLimit, ...]]
    plans: Mapping[str, Plans]
    costs: Mapping[str, CostLimiter]
    buckets: LimitBuckets
    adaptive: Mapping[RateLimit, AdaptiveStates]
    backoffs: Mapping[RateLimit, Backoff]
    clock: Clock

    def of_facade(self, name: str) -> list[LimitStates]:
        """Return the states of the limits of a façade, without those of plans.

        Those that depend on the operation are apart.
        """
        limits = self.facades[name]
        return [self._states(each) for each in limits if not each.depends_on_operation]

    def by_operation(
        self, name: str, documents: Mapping[str, str]
    ) -> StatesByOperation | None:
        """Return the states of the limits that depend on the operation, if any.

        `documents` are the stored operations of the façade by name.
        """
        limits = [each for each in self.facades[name] if each.depends_on_operation]
        return (
            StatesByOperation(map(self._states, limits), documents) if limits else None
        )

    def of_operations(
        self, name: str, documents: Mapping[str, str], sink: EventSink
    ) -> OperationLimits | None:
        """Return the limits of a façade that depend on the operation, if any.

        `sink` has the refusals.
        """
        states = self.by_operation(name, documents)
        if states is None:
            return None

        def limiter(of: Sequence[LimitStates]) -> Limiter:
            queueing = limiter_of(of, self.clock)
            own = [each.limit for each in of]
            return reported(queueing, own, self.clock, sink, self.backoffs)

        return OperationLimits(states, limiter, self.plans.get(name), self.clock)

    def of_route(self, name: str) -> list[LimitStates]:
        """Return the states of the limits of a plain route."""
        return [self._states(each) for each in self.routes[name]]

    def following(self, service: str) -> tuple[AdaptiveLimitSnapshot, ...]:
        """Return the limits that follow a service, as they are now."""
        now_s = self.clock.monotonic_s()
        return tuple(
            _snapshot(each, now_s)
            for limit, each in self.adaptive.items()
            if limit.adaptive is not None and limit.adaptive.service == service
        )

    def _states(self, limit: RateLimit) -> LimitStates:
        return self.adaptive.get(limit) or self.buckets[limit]


def _snapshot(states: AdaptiveStates, now_s: float) -> AdaptiveLimitSnapshot:
    states.adapt(now_s)
    limit, rate = states.limit, states.rate
    return AdaptiveLimitSnapshot(
        scope=limit.scope, name=limit.name, share=rate.share, trouble=rate.trouble
    )


def configured_limits(
    config: Config,
    previous: ConfiguredLimits | None,
    clock: Clock,
    new: NewStates = Buckets,
    health: ServiceHealths | None = None,
) -> ConfiguredLimits:
    """Return the limits; one that has not changed keeps its buckets of `previous`.

    `new` returns the states of another one. Without the `health` of services, all
    limits are whole.
    """
    of_facades, of_routes = facade_limits(config), route_limits(config)
    configured = tuple(plans(config))
    every = (*of_facades.values(), *of_routes.values())
    every = (*every, *(each.limits for each in configured))
    buckets = limit_buckets(
        (each for limits in every for each in limits),
        previous.buckets if previous else {},
        new,
    )
    of_plans = _plans(config, configured, buckets)
    return ConfiguredLimits(
        of_facades,
        of_routes,
        of_plans,
        dict(_costs(config, of_facades, of_plans, buckets, clock)),
        buckets,
        _adaptive(buckets, previous, health, clock) if health else {},
        _backoffs(buckets, previous),
        clock,
    )


def _backoffs(
    limits: Iterable[RateLimit], previous: ConfiguredLimits | None
) -> dict[RateLimit, Backoff]:
    """Return the back-offs of limits; those of limits that have not changed go on."""
    known: Mapping[RateLimit, Backoff] = previous.backoffs if previous else {}
    return {
        each: known.get(each) or Backoff(each) for each in limits if each.max_backoff_s
    }


def _adaptive(
    buckets: LimitBuckets,
    previous: ConfiguredLimits | None,
    health: ServiceHealths,
    clock: Clock,
) -> dict[RateLimit, AdaptiveStates]:
    """Return the limits that follow a service; those that have not changed go on."""
    found: dict[RateLimit, AdaptiveStates] = {}
    for limit, states in buckets.items():
        if limit.adaptive is not None:
            before = previous.adaptive.get(limit) if previous else None
            rate = AdaptiveRate(limit.adaptive.floor, clock.monotonic_s())
            found[limit] = AdaptiveStates(
                states,
                before.rate if before else rate,
                partial(health.service_health, limit.adaptive.service),
            )
    return found


def _plans(
    config: Config, configured: Iterable[Plan], buckets: LimitBuckets
) -> dict[str, Plans]:
    limiters = {each.name: PlanLimiter(each, buckets) for each in configured}
    return {
        name: Plans(
            limiters=limiters, claim=facade.plan.claim, default=facade.plan.default
        )
        for name, facade in config.facades.items()
        if facade.plan is not None
    }


def _costs(
    config: Config,
    limits: Mapping[str, tuple[RateLimit, ...]],
    plans: Mapping[str, Plans],
    buckets: LimitBuckets,
    clock: Clock,
) -> Iterator[tuple[str, CostLimiter]]:
    """Yield the façades with a limit of costs, their own or that of a plan."""
    for name, facade in config.facades.items():
        states = [buckets[each] for each in limits[name] if each.unit == "cost"]
        of_plans = plans.get(name)
        if facade.cost or states or (of_plans and of_plans.limit_costs):
            limit = facade_cost_limit(facade.cost) if facade.cost else CostLimit()
            yield name, CostLimiter(limit, states, of_plans, clock)
