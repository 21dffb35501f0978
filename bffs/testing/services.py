"""Services of a test: functions and schemas in place of a network."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """A request to a service, with header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the decoded body; raises ValueError."""
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class ServiceResponse:
    """The response of a service; `body` that is not bytes is sent as JSON."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


Service: TypeAlias = Callable[[ServiceRequest], Awaitable[ServiceResponse]]
"""A service: a function of a request."""


def responses(table: Mapping[str, Any]) -> Service:
    """Return a service with fixed responses, by "METHOD /path?query".

    A value is the JSON of a 200, or a `ServiceResponse`. Others get 404.
    """

    async def respond(request: ServiceRequest) -> ServiceResponse:
        found = table.get(f"{request.method} {request.path}")
        if found is None:
            return ServiceResponse({"error": "not found"}, status=404)
        return found if isinstance(found, ServiceResponse) else ServiceResponse(found)

    return respond
