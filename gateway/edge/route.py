"""What a request is matched to: a route, its endpoint, and what holds for it."""

from dataclasses import dataclass
from typing import Final, Protocol

from weir.gateway.context import RequestContext
from weir.gateway.edge.exchange import ClientRequest, ClientResponse
from weir.gateway.errors import WeirError
from weir.gateway.values import value

NO_CLIENT: Final = "none"
"""The client type of routes that belong to no façade."""


class ErrorRenderer(Protocol):
    """Turns an error into a response in the protocol of a route."""

    def render_error(self, error: WeirError, context: RequestContext) -> ClientResponse:
        """Render; never raises."""
        ...


class Endpoint(ErrorRenderer, Protocol):
    """The code that responds to the requests of a route."""

    async def respond(
        self, request: ClientRequest, context: RequestContext
    ) -> ClientResponse:
        """Respond, or raise a `WeirError` that `render_error` renders."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePolicy:
    """The rules of a route.

    `client_type` is the façade's name: X-Client-Type for services, a label of metrics.
    `admission` says whether its requests count among those in flight; requests of
    other routes take no time, and are served in an overload as well.
    """

    client_type: str = NO_CLIENT
    admission: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """An endpoint and its policy; `template` is its label in metrics and logs."""

    endpoint: Endpoint
    policy: RoutePolicy
    template: str = ""


@value(frozen=True, slots=True)
class RouteMatch:
    """The route of a request, and the segments of its path that are parameters.

    Their values are bytes: percent-decoded, not known to be UTF-8.
    """

    route: Route
    path_parameters: tuple[tuple[str, bytes], ...] = ()
