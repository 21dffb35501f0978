"""The seam between the edge and the generation that serves."""

from typing import Protocol

from weir.gateway.edge.route import RouteMatch


class ServingGeneration(Protocol):
    """Everything derived from one configuration, as far as the edge needs it."""

    @property
    def id(self) -> str: ...

    def route(self, method: str, path: str) -> RouteMatch:
        """Return the route of a raw path; one that responds 404 where there is none."""
        ...

    def enter(self) -> None:
        """A request begins to use this generation."""
        ...

    def leave(self) -> None:
        """That request has ended; a retired generation closes with its last one."""
        ...
