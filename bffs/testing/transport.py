"""The transport to a service of a test, and the fault that it has."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from typing import NoReturn

import orjson
from msgspec.structs import replace

from weir.bffs.testing.faults import Fault
from weir.bffs.testing.services import Service, ServiceRequest, ServiceResponse
from weir.gateway.clock import Clock
from weir.gateway.headers import Headers
from weir.gateway.transport.errors import UpstreamRequestInvalid, UpstreamTimeout
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


class ServiceTransport:
    """The transport to one service of a test."""

    def __init__(self, service: TestedService, clock: Clock) -> None:
        self._service = service
        self._clock = clock

    async def call(
        self, request: UpstreamRequest, headers: Headers, deadline_s: float
    ) -> UpstreamResponse:
        sent = ServiceRequest(
            method=request.method,
            path=request.path,
            headers={name.decode(): value.decode("latin-1") for name, value in headers},
            body=request.body,
        )
        try:
            async with asyncio.timeout(deadline_s - self._clock.monotonic_s()):
                return _response(await self._service.respond(sent))
        except TimeoutError as error:
            raise UpstreamTimeout from error

    async def open(
        self,
        request: UpstreamRequest,
        headers: Headers,
        deadline_s: float,
        body: AsyncIterable[bytes] | None = None,
    ) -> "WholeStream":
        """Return the whole response as a stream of one part."""
        if body is not None:
            whole = b"".join([part async for part in body])
            request = replace(request, body=whole)
        return WholeStream(await self.call(request, headers, deadline_s))

    async def close(self) -> None:
        """Do nothing: there are no connections."""


class WholeStream:
    """A complete response as a stream of one part."""

    instance = ""

    def __init__(self, response: UpstreamResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self._body = response.body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._body:
            yield self._body

    def detach(self) -> NoReturn:
        """Raise UpstreamRequestInvalid: there is no connection."""
        detail = "A service of a test cannot switch protocols."
        raise UpstreamRequestInvalid(detail)

    async def aclose(self) -> None:
        """Do nothing: the response is complete."""


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
