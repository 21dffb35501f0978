"""The rate limits of a route, as steps of the pipeline."""

from collections.abc import Iterable

from msgspec.structs import replace

from weir.gateway.clock import Clock
from weir.gateway.context import ANONYMOUS, RequestContext
from weir.gateway.edge.origin import Origin
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import Response
from weir.gateway.edge.steps import Check, Finish, Guard, Steps, Waiting
from weir.gateway.headers import with_fields
from weir.gateway.limits.headers import limit_headers
from weir.gateway.limits.key import Caller
from weir.gateway.limits.limiter import LimitStates, RateLimiter


def rate_limit_steps(states: Iterable[LimitStates], clock: Clock) -> Steps:
    """Return the steps for the limits of `states`.

    Limits by address or header come before the identity, so that a flood is rejected
    before its credentials are verified.
    """
    limits = tuple(states)
    by_head = [each for each in limits if not each.limit.key.needs_identity]
    by_identity = [each for each in limits if each.limit.key.needs_identity]
    return Steps(
        guards=(_guard(RateLimiter(by_head), clock),) if by_head else (),
        checks=(_check(RateLimiter(by_identity), clock),) if by_identity else (),
        finishes=(_finish(RateLimiter(limits), clock),) if limits else (),
    )


def _guard(limiter: RateLimiter, clock: Clock) -> Guard:
    def guard(head: RequestHead, origin: Origin) -> Waiting | None:
        caller = Caller(origin.address, head.headers, ANONYMOUS)
        return limiter.take(caller, clock.monotonic_s())

    return guard


def _check(limiter: RateLimiter, clock: Clock) -> Check:
    def check(head: RequestHead, context: RequestContext) -> Waiting | None:
        caller = Caller(context.client_address, head.headers, context.identity)
        return limiter.take(caller, clock.monotonic_s())

    return check


def _finish(limiter: RateLimiter, clock: Clock) -> Finish:
    def finish(
        head: RequestHead, context: RequestContext, response: Response
    ) -> Response:
        caller = Caller(context.client_address, head.headers, context.identity)
        states = limiter.peek(caller, clock.monotonic_s())
        fields = limit_headers(limiter.limits, states)
        # A service has limits for the gateway, and clients know those of the gateway.
        return replace(response, headers=with_fields(response.headers, fields))

    return finish
