"""The status of a REST API, by the services that its endpoints call."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import orjson

from weir.bffs.facades.facade import Facade
from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.upstreams.snapshot import ServiceSnapshot

STATUS_PATH: Final = "/docs/status"


class ApiStatus(StrEnum):
    """Whether responses are complete, lack the data of a service, or are errors."""

    AVAILABLE = "available"
    DEGRADED = "degraded"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class CalledServices:
    """An endpoint, and the upstreams that its operation calls.

    A subgraph in this process has no upstream, `None`, and is always available.
    """

    method: str
    path: str
    upstreams: frozenset[str | None]

    def status(self, unavailable: frozenset[str]) -> ApiStatus:
        """Return the status while these upstreams are unavailable."""
        missing = self.upstreams & unavailable
        if not missing:
            return ApiStatus.AVAILABLE
        everything = missing == self.upstreams
        return ApiStatus.UNAVAILABLE if everything else ApiStatus.DEGRADED


def called_services(
    facade: Facade, version: str, upstreams: Mapping[str, str]
) -> tuple[CalledServices, ...]:
    """Return the endpoints of a version of a façade.

    `upstreams` are the names of the upstreams of subgraphs that are services.
    """
    return tuple(
        CalledServices(
            binding.method,
            binding.template.text,
            frozenset(
                upstreams.get(fetch.subgraph)
                for fetch in prepared.executable.plan.fetches
            ),
        )
        for stored, prepared in facade.stored
        if stored.version == version
        for binding in stored.bindings
    )


class StatusEndpoint(ProblemRenderer):
    """Returns the status of each endpoint, without the names of services."""

    __slots__ = ("_endpoints", "_services")

    def __init__(
        self,
        endpoints: tuple[CalledServices, ...],
        services: Callable[[], Iterable[ServiceSnapshot]],
    ) -> None:
        super().__init__()
        self._endpoints = endpoints
        self._services = services

    async def respond(self, request: Request, context: RequestContext) -> Response:
        del request, context
        unavailable = frozenset(
            each.name for each in self._services() if not each.available
        )
        found = [(each, each.status(unavailable)) for each in self._endpoints]
        document = {
            "status": _overall({status for _, status in found}),
            "endpoints": [
                {"method": each.method, "path": each.path, "status": status}
                for each, status in found
            ],
        }
        return Response(
            status=200,
            headers=(
                (b"content-type", b"application/json"),
                # RFC 9111 §5.2.2.5: the next response may differ.
                (b"cache-control", b"no-store"),
            ),
            body=orjson.dumps(document),
        )


def _overall(statuses: set[ApiStatus]) -> ApiStatus:
    if statuses <= {ApiStatus.AVAILABLE}:
        return ApiStatus.AVAILABLE
    if statuses == {ApiStatus.UNAVAILABLE}:
        return ApiStatus.UNAVAILABLE
    return ApiStatus.DEGRADED
