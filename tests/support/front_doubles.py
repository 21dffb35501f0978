"""Fronts, generations and sinks for tests of the edge and the server."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from weir.gateway.context import RequestContext
from weir.gateway.edge.pipeline import Locate, RemoveKeys
from weir.gateway.edge.request import Request, RequestHead
from weir.gateway.edge.response import Response, Upgrade
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.edge.route import Endpoint, Route, RouteMatch, RoutePolicy
from weir.gateway.edge.steps import BASE_STEPS, Steps

Handler = Callable[[Request, RequestContext], Awaitable[Response | Upgrade]]


class CountedIds:
    """1, 2, 3 in hex digits."""

    def __init__(self) -> None:
        self._last = 0

    def trace_id(self) -> str:
        self._last += 1
        return f"{self._last:032x}"

    def span_id(self) -> str:
        self._last += 1
        return f"{self._last:016x}"


class HandlerFront(ProblemRenderer):
    """An endpoint that is one function."""

    def __init__(self, handler: Handler, *, development: bool = False) -> None:
        super().__init__(development=development)
        self._handler = handler

    async def respond(
        self, request: Request, context: RequestContext
    ) -> Response | Upgrade:
        return await self._handler(request, context)


WEB = RoutePolicy(client_type="web")


@dataclass
class OneFront:
    """A generation that serves one endpoint everywhere, and counts its requests."""

    front: Endpoint
    id: str = "g1"
    inside: int = 0
    entered: int = 0
    policy: RoutePolicy = WEB
    fingerprint: str = "1"
    steps: Steps = BASE_STEPS
    routes: list[Route] = field(default_factory=list[Route])
    locate: Locate | None = None
    remove_keys: RemoveKeys | None = None

    def route(self, head: RequestHead) -> RouteMatch:
        assert head.method
        assert head.path.startswith("/")
        found = self.routes and self.routes[-1]
        if not found or found.endpoint is not self.front:
            found = Route(
                endpoint=self.front,
                policy=self.policy,
                steps=self.steps,
                template="/test",
                fingerprint=self.fingerprint,
            )
            self.routes.append(found)
        return RouteMatch(found)

    def serves(self, route: Route) -> bool:
        return route.fingerprint == self.fingerprint

    def enter(self) -> None:
        self.inside += 1
        self.entered += 1

    def leave(self) -> None:
        self.inside -= 1


def text(body: bytes, status: int = 200) -> Response:
    return Response(
        status=status,
        headers=((b"content-type", b"text/plain"),),
        body=body,
        operation="Test",
    )


async def hang(_: Request, __: RequestContext) -> Response:
    await asyncio.Event().wait()
    raise AssertionError
