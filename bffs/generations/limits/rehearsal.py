"""The rehearsal of rate limits: the requests of a log, on the clock of the log.

Nothing else is simulated. A client that gets 429 may send less than the log has, and a
request that was rejected then is one like all others here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Self

from weir.bffs.config.model.root import Config
from weir.bffs.config.policies.plans import plans
from weir.bffs.facades.usage_endpoint import USAGE_PATH
from weir.bffs.generations.limits.configured import ConfiguredLimits, configured_limits
from weir.gateway.clock import SystemClock
from weir.gateway.limits.backoff import Backoffs
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.errors import RateLimited
from weir.gateway.limits.key import PLAN
from weir.gateway.limits.limiter import LimitStates, RateLimiter
from weir.gateway.limits.operations import StatesByOperation
from weir.gateway.limits.policy import RateLimit

_NO_COSTS: Final = "the log has no costs"


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A request of a log: its arrival in seconds, its caller, and where it went.

    `client_type` is the name of the façade, or that of the clients of a plain route.
    `route` is the path of a façade's route, or the name of a plain one.
    """

    at_s: float
    client_type: str
    route: str
    caller: Caller


@dataclass(slots=True)
class Refused:
    """The refusals of one client by one limit."""

    place: str
    limit: RateLimit
    client: str
    first_s: float
    last_s: float = 0.0
    count: int = 0


@dataclass(slots=True)
class Outcome:
    """The requests of a log and their refusals; `unknown` ones went elsewhere."""

    requests: int = 0
    unknown: int = 0
    first_s: float = 0.0
    last_s: float = 0.0
    refused: dict[tuple[str, RateLimit, str], Refused] = field(
        default_factory=dict[tuple[str, RateLimit, str], Refused]
    )

    def refuse(self, request: LoggedRequest, place: str, limit: RateLimit) -> None:
        """Count a refusal."""
        client = "all clients" if limit.key.is_common else request.caller.client
        found = self.refused.setdefault(
            (place, limit, client), Refused(place, limit, client, request.at_s)
        )
        found.count += 1
        found.last_s = request.at_s


def rehearse(config: Config, requests: Iterable[LoggedRequest]) -> Outcome:
    """Let requests, in the order of their arrival, pass the limits."""
    limits = configured_limits(config, None, SystemClock())
    facades = {
        name: _limiters(limits.of_facade(name), limits) for name in config.facades
    }
    routes = {name: _limiters(limits.of_route(name), limits) for name in config.routes}
    operations = {
        name: _OperationLimits.of(limits, config, name) for name in config.facades
    }
    outcome = Outcome()
    for request in requests:
        is_plain = request.client_type not in facades
        of_place = routes if is_plain else facades
        place = request.route if is_plain else request.client_type
        if place not in of_place:
            outcome.unknown += 1
            continue
        outcome.first_s = outcome.first_s or request.at_s
        outcome.last_s = request.at_s
        outcome.requests += 1
        # Buckets count in small parts of a second, which need a small number.
        now_s = request.at_s - outcome.first_s
        try:
            for limiter in of_place[place]:
                limiter.take(request.caller, now_s)
            if of_operation := operations.get(request.client_type):
                of_operation.take(request, now_s)
            if not _is_usage(config, request):
                _take_of_plan(limits, request, now_s)
        except RateLimited as error:
            outcome.refuse(request, place, error.limit)
    return outcome


def left_out(config: Config) -> Iterator[tuple[str, str, str]]:
    """Yield the limits that a log cannot rehearse: their places, names and reasons."""
    limits = configured_limits(config, None, SystemClock())
    for places in (limits.facades, limits.routes):
        for place, each in ((name, one) for name, of in places.items() for one in of):
            if reason := _reason(each):
                yield place, each.name, reason
    for plan in plans(config):
        if plan.budget is not None:
            yield plan.budget.scope, plan.budget.name, _NO_COSTS
    for name, upstream in config.upstreams.items():
        for limit in upstream.rate_limits:
            yield f"upstreams.{name}", limit, "the log has no calls of services"


def _reason(limit: RateLimit) -> str:
    if limit.unit == "cost":
        return _NO_COSTS
    for part in limit.key.parts:
        if part.startswith(("header:", "claim:", "cel:", PLAN)):
            return f"the log has no {part}"
    return ""


@dataclass(frozen=True, slots=True)
class _Limiter:
    """Limits that all have to allow a request, and their back-offs."""

    limiter: RateLimiter
    backoffs: Backoffs

    @classmethod
    def of(cls, states: Iterable[LimitStates], limits: ConfiguredLimits) -> Self:
        limiter = RateLimiter(states)
        found = [limits.backoffs[e] for e in limiter.limits if e in limits.backoffs]
        return cls(limiter, Backoffs(found))

    def take(self, caller: Caller, now_s: float) -> None:
        """Take a token of each limit; raise RateLimited."""
        try:
            self.backoffs.check(caller, now_s)
            self.limiter.take(caller, now_s)
        except RateLimited as error:
            raise self.backoffs.refused(error, caller, now_s) from None


def _limiters(
    states: Iterable[LimitStates], limits: ConfiguredLimits
) -> list[_Limiter]:
    """Return the limits by address, and then those by identity, as in a gateway."""
    known = [each for each in states if not _reason(each.limit)]
    by_head = [each for each in known if not each.limit.key.needs_identity]
    by_identity = [each for each in known if each.limit.key.needs_identity]
    return [_Limiter.of(by_head, limits), _Limiter.of(by_identity, limits)]


@dataclass(frozen=True, slots=True)
class _OperationLimits:
    """The limits of a façade that depend on the operation; its GraphQL has `route`."""

    states: StatesByOperation
    limits: ConfiguredLimits
    route: str

    @classmethod
    def of(cls, limits: ConfiguredLimits, config: Config, name: str) -> Self | None:
        """Return the limits of a façade, if it has any."""
        listed = config.facades[name].rate_limits.values()
        names = {each for limit in listed for each in limit.operations or ()}
        states = limits.by_operation(name, {each: each for each in names})
        route = f"{config.facades[name].path}/graphql"
        return cls(states, limits, route) if states else None

    def take(self, request: LoggedRequest, now_s: float) -> None:
        """Take a token of each limit; raise RateLimited."""
        caller = request.caller
        if caller.operation or request.route == self.route:
            states = self.states.of(caller.operation)
            known = [each for each in states if not _reason(each.limit)]
            _Limiter.of(known, self.limits).take(caller, now_s)


def _is_usage(config: Config, request: LoggedRequest) -> bool:
    """Return whether a request takes nothing from a plan, because it reads its use."""
    facade = config.facades.get(request.client_type)
    return facade is not None and request.route == f"{facade.path}{USAGE_PATH}"


def _take_of_plan(
    limits: ConfiguredLimits, request: LoggedRequest, now_s: float
) -> None:
    plans = limits.plans.get(request.client_type)
    plan = plans.find(request.caller.identity) if plans else None
    if plan is not None:
        plan.take(request.caller, now_s)
