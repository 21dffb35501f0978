"""The transport to a service of a test, and the fault that it has."""

import orjson

from weir.bffs.in_memory.transport import MemoryTransport
from weir.bffs.testing.faults import Fault
from weir.bffs.testing.services import Service, ServiceRequest, ServiceResponse
from weir.gateway.clock import Clock
from weir.gateway.headers import Headers
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse

_JSON = (b"content-type", b"application/json")


class TestedService:
    """A service with its current fault, and the requests that it got."""

    __test__ = False

    def __init__(self, service: Service) -> None:
        self._service = service
        self.fault: Fault | None = None
        self.requests: list[ServiceRequest] = []

    async def respond(self, request: ServiceRequest) -> ServiceResponse:
        """Respond as the fault decides."""
        self.requests.append(request)
        if self.fault is None:
            return await self._service(request)
        return await self.fault.respond(request, self._service)


def service_transport(service: TestedService, clock: Clock) -> MemoryTransport:
    """Return the transport to one service of a test."""

    async def respond(request: UpstreamRequest, headers: Headers) -> UpstreamResponse:
        sent = ServiceRequest(
            method=request.method,
            path=request.path,
            headers={name.decode(): value.decode("latin-1") for name, value in headers},
            body=request.body,
        )
        return _response(await service.respond(sent))

    return MemoryTransport(respond, clock)


def _response(response: ServiceResponse) -> UpstreamResponse:
    body, headers = (
        response.body,
        tuple(
            (name.lower().encode(), value.encode())
            for name, value in response.headers.items()
        ),
    )
    if not isinstance(body, bytes):
        body, headers = orjson.dumps(body), (*headers, _JSON)
    return UpstreamResponse(status=response.status, headers=headers, body=body)
