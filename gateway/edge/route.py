"""What a request is matched to: a route, its endpoint, and what holds for it."""

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response, Upgrade
from weir.gateway.errors import WeirError
from weir.gateway.values import value

NO_CLIENT: Final = "none"
"""The client type of routes that belong to no façade."""


class ErrorRenderer(Protocol):
    """Turns an error into a response in the protocol of a route."""

    def render_error(self, error: WeirError, context: RequestContext) -> Response:
        """Render; never raises."""
        ...


class Endpoint(ErrorRenderer, Protocol):
    """The code that responds to the requests of a route."""

    async def respond(
        self, request: Request, context: RequestContext
    ) -> Response | Upgrade:
        """Respond, or raise a `WeirError` that `render_error` renders.

        A stream goes on after this has returned. It has to end soon once
        `request.retired` is set.
        """
        ...


@dataclass(frozen=True, slots=True)
class Buffered:
    """The body is read before the endpoint is called, up to `max_bytes`."""

    max_bytes: int = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Streamed:
    """The endpoint reads the body from `request.stream`, or not at all."""


BodyPolicy: TypeAlias = Buffered | Streamed


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePolicy:
    """The rules of a route.

    `client_type` is the façade's name: X-Client-Type for services, a label of metrics.
    `timeout_s` is the time from the head of a request to its response, or to the head
    of a streamed one. `admission` says whether its requests count among those in
    flight; others take no time, and are served in an overload as well.
    """

    client_type: str = NO_CLIENT
    body: BodyPolicy = field(default_factory=Buffered)
    timeout_s: float = 10.0
    admission: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Route:
    """An endpoint and its policy; `template` is its label in metrics and logs.

    `fingerprint` names all that the endpoint is made from. Where it is the same in the
    next generation, open streams of the route go on. `retired` is set where they have
    to end.
    """

    endpoint: Endpoint
    policy: RoutePolicy
    template: str = ""
    fingerprint: Hashable = ""
    retired: asyncio.Event = field(default_factory=asyncio.Event, repr=False)


@value(frozen=True, slots=True)
class RouteMatch:
    """The route of a request, and the segments of its path that are parameters.

    Their values are bytes: percent-decoded, not known to be UTF-8.
    """

    route: Route
    path_parameters: tuple[tuple[str, bytes], ...] = ()
