"""The rate limits of a route, as steps of the pipeline."""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil

from msgspec.structs import replace

from weir.gateway.clock import Clock
from weir.gateway.context import ANONYMOUS, RequestContext
from weir.gateway.edge.origin import Origin
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import Response
from weir.gateway.edge.steps import Check, Finish, Guard, Steps, Waiting
from weir.gateway.events import EventSink
from weir.gateway.headers import Headers
from weir.gateway.limits.backoff import Backoff, Pause
from weir.gateway.limits.buckets import Buckets
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.headers import LimitHeaders, without_limits
from weir.gateway.limits.limiter import LimitStates, RateLimiter
from weir.gateway.limits.operations import StatesByOperation
from weir.gateway.limits.plans import PlanOf, Plans, plan_of_limits
from weir.gateway.limits.policy import RateLimit
from weir.gateway.limits.queueing import limiter_of
from weir.gateway.limits.refusals import NO_BACKOFFS, Limiter, reported


def rate_limit_steps(
    states: Iterable[LimitStates],
    clock: Clock,
    sink: EventSink,
    *,
    plans: Plans | None = None,
    backoffs: Mapping[RateLimit, Backoff] = NO_BACKOFFS,
    by_operation: StatesByOperation | None = None,
    of_service: bool = False,
) -> Steps:
    """Return the steps for the limits of `states`, and for those of each plan.

    `backoffs` are those of limits that have any. If a response is that `of_service`,
    the limits that it describes itself are removed.

    Limits by address or header come before the identity, so that a flood is rejected
    before its credentials are verified. Limits of costs and those `by_operation` are
    only described: the operation of a request is known later.
    """
    limits = tuple(states)
    counted = [each for each in limits if each.limit.unit == "requests"]
    by_head = [each for each in counted if not each.limit.key.needs_identity]
    by_identity = [each for each in counted if each.limit.key.needs_identity]
    plan_of = plan_of_limits((each.limit for each in by_identity), plans)

    def limiters(of: Sequence[LimitStates]) -> list[Limiter]:
        own = [each.limit for each in of]
        limiter = limiter_of(of, clock)
        return [reported(limiter, own, clock, sink, backoffs)] if of else []

    checks = limiters(by_identity)
    if plans is not None:
        checks.append(reported(plans, (), clock, sink))
    finish = _finish(limits, plans, by_operation, clock)
    if finish is not None and of_service:
        finish = _replacing_limits(finish)
    return Steps(
        guards=tuple(
            _guard_of(by_head, each, backoffs, clock) for each in limiters(by_head)
        ),
        checks=tuple(_check(each, clock, plan_of) for each in checks),
        finishes=() if finish is None else (finish,),
    )


def _guard_of(
    states: Sequence[LimitStates],
    limiter: Limiter,
    backoffs: Mapping[RateLimit, Backoff],
    clock: Clock,
) -> Guard:
    """Return the guard of a limiter of `states`."""
    general = _guard(limiter, clock)
    if len(states) != 1 or not isinstance(states[0], Buckets) or states[0].limit.wait_s:
        return general
    return _guard_with_one(states[0], general, backoffs.get(states[0].limit), clock)


def _guard_with_one(
    buckets: Buckets, general: Guard, backoff: Backoff | None, clock: Clock
) -> Guard:
    """Return the guard of a single limit, which most routes have.

    A request that does not pass takes nothing, and is decided again by `general`.
    """
    take, digest, monotonic_s = (
        buckets.take,
        buckets.limit.key.digest,
        clock.monotonic_s,
    )
    pauses: Mapping[bytes, Pause] = {} if backoff is None else backoff.pauses

    def guard(head: RequestHead, origin: Origin) -> Response | Waiting | None:
        if not pauses:
            caller = Caller(origin.address, head.headers, ANONYMOUS)
            if take(digest(caller), monotonic_s()).allowed:
                return None
        return general(head, origin)

    return guard


def _guard(limiter: Limiter, clock: Clock) -> Guard:
    monotonic_s = clock.monotonic_s

    def guard(head: RequestHead, origin: Origin) -> Waiting | None:
        caller = Caller(origin.address, head.headers, ANONYMOUS)
        return limiter.take(caller, monotonic_s())

    return guard


def _check(limiter: Limiter, clock: Clock, plan_of: PlanOf) -> Check:
    def check(head: RequestHead, context: RequestContext) -> Waiting | None:
        identity = context.identity
        caller = Caller(
            context.client_address, head.headers, identity, plan_of(identity)
        )
        return limiter.take(caller, clock.monotonic_s())

    return check


def _finish(
    states: Sequence[LimitStates],
    plans: Plans | None,
    by_operation: StatesByOperation | None,
    clock: Clock,
) -> Finish | None:
    """Return the finish that describes limits, or None without any."""
    if by_operation is not None:
        return _finish_by_operation(states, plans, by_operation, clock)
    if plans is not None:
        return _finish_with_plans(RateLimiter(states), plans, clock)
    if not states:
        return None
    if len(states) == 1 and not states[0].limit.key.needs_operation:
        return _finish_with_one(states[0], clock)
    limiter = RateLimiter(states)
    described = LimitHeaders.of(limiter.limits)

    def finish(
        head: RequestHead, context: RequestContext, response: Response
    ) -> Response:
        identity, operation = context.identity, response.operation
        caller = Caller(
            context.client_address, head.headers, identity, operation=operation
        )
        levels = limiter.peek(caller, clock.monotonic_s())
        return _describing(response, context, described.fields(levels))

    return finish


def _replacing_limits(finish: Finish) -> Finish:
    """Return a finish that removes the limits of a service before `finish`."""

    def replaced(
        head: RequestHead, context: RequestContext, response: Response
    ) -> Response:
        headers = without_limits(response.headers)
        return finish(head, context, replace(response, headers=headers))

    return replaced


def _finish_by_operation(
    states: Sequence[LimitStates],
    plans: Plans | None,
    by_operation: StatesByOperation,
    clock: Clock,
) -> Finish:
    """Return the finish that describes the limits of the stored operation as well."""
    others = _finish(states, plans, None, clock)
    finishes = {
        name: _finish((*states, *own), plans, None, clock)
        for name, own in by_operation.items()
        if own
    }

    def finish(
        head: RequestHead, context: RequestContext, response: Response
    ) -> Response:
        found = finishes.get(response.operation, others)
        return response if found is None else found(head, context, response)

    return finish


def _finish_with_one(states: LimitStates, clock: Clock) -> Finish:
    """Return the finish of a single limit, which most routes have."""
    peek, digest, monotonic_s = states.peek, states.limit.key.digest, clock.monotonic_s
    write = LimitHeaders.of([states.limit]).write

    def finish(
        head: RequestHead, context: RequestContext, response: Response
    ) -> Response:
        caller = Caller(context.client_address, head.headers, context.identity)
        level = peek(digest(caller), monotonic_s())
        fields = write((level.remaining, ceil(level.reset_s)))
        return _describing(response, context, fields)

    return finish


def _finish_with_plans(limiter: RateLimiter, plans: Plans, clock: Clock) -> Finish:
    own = LimitHeaders.of(limiter.limits) if limiter.limits else None
    of_plans = {
        each: LimitHeaders.of((*limiter.limits, *each.limits))
        for each in plans.limiters.values()
        if limiter.limits or each.limits
    }

    def finish(
        head: RequestHead, context: RequestContext, response: Response
    ) -> Response:
        plan = plans.find(context.identity)
        name = plan.plan.name if plan else ""
        identity, operation = context.identity, response.operation
        caller = Caller(context.client_address, head.headers, identity, name, operation)
        now_s = clock.monotonic_s()
        levels, described = limiter.peek(caller, now_s), own
        if plan is not None:
            levels += plan.peek(caller, now_s)
            described = of_plans.get(plan)
        if described is None:
            return response
        return _describing(response, context, described.fields(levels))

    return finish


def _describing(
    response: Response, context: RequestContext, fields: Headers
) -> Response:
    """Return a response with the limits of the gateway, and not those of services."""
    headers = response.headers
    if context.returned:
        headers = without_limits(headers)
    return replace(response, headers=headers + fields)
