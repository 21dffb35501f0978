"""The use of a caller's plan: `GET {path}/usage`."""

from typing import Final

import orjson

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.json_types import JSONObject
from weir.gateway.limits.bucket import Use
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.plans import Plans
from weir.gateway.limits.policy import RateLimit

USAGE_PATH: Final = "/usage"


class UsageEndpoint(ProblemRenderer):
    """Returns what a caller has used of each limit of its plan."""

    __slots__ = ("_clock", "_plans")

    def __init__(self, plans: Plans, clock: Clock) -> None:
        super().__init__()
        self._plans = plans
        self._clock = clock

    async def respond(self, request: Request, context: RequestContext) -> Response:
        limiter = self._plans.require(context.identity)
        caller = Caller(context.client_address, request.head.headers, context.identity)
        uses = await limiter.read(caller, self._clock.monotonic_s())
        limits = zip(limiter.limits, uses, strict=True)
        document = {
            "plan": limiter.plan.name,
            "limits": [_state(limit, use) for limit, use in limits],
        }
        return Response(
            status=200,
            headers=(
                (b"content-type", b"application/json"),
                # RFC 9111 §5.2.2.5: it is about one caller, and true for a moment.
                (b"cache-control", b"private, no-store"),
            ),
            body=orjson.dumps(document),
        )


def _state(limit: RateLimit, use: Use) -> JSONObject:
    return {
        "name": limit.name,
        "unit": limit.unit,
        "count": limit.count,
        "window_s": limit.window_s,
        "burst": limit.burst,
        "used": use.used,
        "remaining": use.left.remaining,
        "full_in_s": round(use.left.reset_s, 3),
    }
