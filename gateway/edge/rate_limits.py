"""Rate limits in the pipeline: before the identity, after it, and on each response."""

from collections.abc import Iterable

from weir.gateway.clock import Clock
from weir.gateway.context import ANONYMOUS, RequestContext
from weir.gateway.edge.client_address import Origin
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import Response
from weir.gateway.edge.route import Route
from weir.gateway.limits.headers import limit_headers
from weir.gateway.limits.key import Caller
from weir.gateway.limits.limiter import RateLimiter
from weir.gateway.limits.policy import RateLimit


class RateLimits:
    """The steps that apply the limits of a route.

    `guard` takes the tokens of limits by address or header, before a credential is
    verified. `check` takes those of limits by identity. `finish` describes the limits
    of the route in the header of each response.
    """

    __slots__ = ("_clock", "_limiter")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._limiter = RateLimiter()

    def retain(self, limits: Iterable[RateLimit]) -> None:
        """Forget the state of all other limits."""
        self._limiter.retain(limits)

    def guard(self, head: RequestHead, origin: Origin, route: Route) -> None:
        """Raise RateLimited for a request beyond a limit by address or header."""
        limits = route.policy.limits.by_head
        if limits:
            caller = Caller(origin.address, head.headers, ANONYMOUS)
            self._limiter.take(limits, caller, self._clock.monotonic_s())

    def check(self, head: RequestHead, route: Route, context: RequestContext) -> None:
        """Raise RateLimited for a request beyond a limit by identity."""
        limits = route.policy.limits.by_identity
        if limits:
            caller = Caller(context.client_address, head.headers, context.identity)
            self._limiter.take(limits, caller, self._clock.monotonic_s())

    def finish(
        self,
        head: RequestHead,
        route: Route,
        context: RequestContext,
        response: Response,
    ) -> Response:
        """Add the state of each limit of the route for this caller."""
        limits = route.policy.limits.all
        if not limits:
            return response
        caller = Caller(context.client_address, head.headers, context.identity)
        now_s = self._clock.monotonic_s()
        states = self._limiter.peek(limits, caller, now_s)
        return response.adding(limit_headers(limits, states))
