"""Routes: the endpoint of a request and its policy."""

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from msgspec import Struct

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response, Upgrade
from weir.gateway.edge.steps import BASE_STEPS, Steps
from weir.gateway.errors import WeirError

NO_CLIENT: Final = "none"
"""The client type of routes that belong to no façade."""


class ErrorRenderer(Protocol):
    """A renderer of errors as responses in the protocol of a route."""

    def render_error(self, error: WeirError, context: RequestContext) -> Response:
        """Return the response for an error; never raise."""
        ...


class Endpoint(ErrorRenderer, Protocol):
    """The code that responds to the requests of a route."""

    async def respond(
        self, request: Request, context: RequestContext
    ) -> Response | Upgrade:
        """Respond, or raise a `WeirError` that `render_error` renders.

        A stream continues after the return. It must end soon after `request.retired`
        is set.
        """
        ...


@dataclass(frozen=True, slots=True)
class Buffered:
    """A body of at most `max_bytes`, read before the endpoint is called."""

    max_bytes: int = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Streamed:
    """A body that the endpoint reads from `request.stream`, or not at all.

    While it arrives, the time of the route does not pass.
    """


BodyPolicy: TypeAlias = Buffered | Streamed


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePolicy:
    """The rules of a route.

    `client_type` is the façade's name: services get it as X-Client-Type, and metrics as
    a label. `timeout_s` is the time from the head of a request to its response, or to
    the head of a streamed response. With `admission`, the limit of requests in flight
    applies. Endpoints without it take no time, and also respond under overload.
    """

    client_type: str = NO_CLIENT
    body: BodyPolicy = field(default_factory=Buffered)
    timeout_s: float = 10.0
    admission: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Route:
    """An endpoint and its policy; `template` is its label in metrics and logs.

    `fingerprint` identifies the configuration that the endpoint is made from. If it is
    the same in the next generation, open streams of the route continue. Otherwise
    `retired` is set, and they must end.
    """

    endpoint: Endpoint
    policy: RoutePolicy
    steps: Steps = BASE_STEPS
    template: str = ""
    fingerprint: Hashable = ""
    retired: asyncio.Event = field(default_factory=asyncio.Event, repr=False)


class RouteMatch(Struct, frozen=True):
    """The route of a request, and its path parameters.

    The values are percent-decoded bytes, which may not be UTF-8.
    """

    route: Route
    path_parameters: tuple[tuple[str, bytes], ...] = ()
