"""The seam between the edge and what it serves: fronts, and the serving generation."""

from typing import Final, Protocol

from gateway.context import RequestContext
from gateway.edge.exchange import ClientRequest, ClientResponse
from gateway.errors import WeirError

NO_CLIENT: Final = "none"
"""The client type of fronts that belong to no façade."""


class ErrorRenderer(Protocol):
    """Turns an error into an answer in the protocol of what was matched."""

    def render_error(self, error: WeirError, context: RequestContext) -> ClientResponse:
        """Render; never raises."""
        ...


class Front(ErrorRenderer, Protocol):
    """What a path was matched to: a façade's GraphQL or REST, or a plain answer."""

    @property
    def client_type(self) -> str:
        """The façade's name; goes upstream as X-Client-Type, and into telemetry."""
        ...

    async def handle(
        self, request: ClientRequest, context: RequestContext
    ) -> ClientResponse:
        """Answer, or raise a `WeirError` that `render_error` renders."""
        ...


class ServingGeneration(Protocol):
    """Everything derived from one configuration, as far as the edge needs it."""

    @property
    def id(self) -> str: ...

    def match(self, path: str) -> Front:
        """Return the front of this path; one that answers 404 where there is none."""
        ...

    def enter(self) -> None:
        """A request begins to use this generation."""
        ...

    def leave(self) -> None:
        """That request has ended; a retired generation closes with its last one."""
        ...
