"""The HTTP APIs of sources: replies and streams in JSON, bounded and typed.

Each failure is one DiscoveryError, whose message has the URL and the reason.
"""

import asyncio
import socket as sockets
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import httpx
import msgspec

from weir.gateway.bounded_file import check_files
from weir.gateway.content_decoding import CodingError
from weir.gateway.discovery.errors import DiscoveryError, InvalidResponse, NoResponse
from weir.gateway.discovery.json_lines import JsonLines
from weir.gateway.transport.bounded_body import read_body

T = TypeVar("T")

_MOST_BYTES: Final = 4 * 1024 * 1024
_MOST_REASON: Final = 200
_TIMEOUT_S: Final = 10.0
_STREAM_S: Final = 300.0
"""The longest time of a stream, after which all instances are read again."""
_OK: Final = 200
_KEEP_ALIVE: Final = (
    # A stream may be silent for minutes. The system notices that its peer is gone.
    (sockets.SOL_SOCKET, sockets.SO_KEEPALIVE, 1),
    *(
        (sockets.IPPROTO_TCP, getattr(sockets, name), value)
        for name, value in (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5))
        if hasattr(sockets, name)
    ),
)


class _Refusal(msgspec.Struct, frozen=True):
    """The reason in a reply with an error status, as etcd and Kubernetes write it."""

    message: str = ""


class UnexpectedStatus(DiscoveryError):
    """A response with an error status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Reply(Generic[T]):
    """The value of a response, and its header fields."""

    value: T
    headers: Mapping[str, str]


@asynccontextmanager
async def json_api(
    url: str, headers: Mapping[str, str], ca_file: str = "", *, socket: str = ""
) -> "AsyncGenerator[JsonApi]":
    """Open the API at `url`, or at the socket of a local one; raise a DiscoveryError.

    Its certificate is verified by the authorities in `ca_file`, or by the usual ones.
    """
    try:
        secure = (
            await asyncio.to_thread(_tls, ca_file) if url[:6] == "https:" else False
        )
    except OSError as error:
        message = f"{ca_file}: the certificates cannot be used: {error}"
        raise DiscoveryError(message) from error
    try:
        fields = httpx.Headers(headers)
    except UnicodeEncodeError as error:
        message = f"{url}: the token has characters that are not ASCII"
        raise DiscoveryError(message) from error
    transport = (
        httpx.AsyncHTTPTransport(uds=socket)
        if socket
        else httpx.AsyncHTTPTransport(verify=secure, socket_options=_KEEP_ALIVE)
    )
    async with httpx.AsyncClient(
        base_url=url,
        headers=fields,
        transport=transport,
        timeout=None,  # noqa: S113 - each request has its own
    ) as http:
        yield JsonApi(http)


def _tls(ca_file: str) -> ssl.SSLContext:
    if ca_file:
        check_files(ca_file)
        return ssl.create_default_context(cafile=ca_file)
    return httpx.create_ssl_context()


class JsonApi:
    """An API that is open."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def get(
        self,
        path: str,
        parameters: Mapping[str, str | list[str]],
        type_: type[T],
        timeout_s: float = _TIMEOUT_S,
    ) -> Reply[T]:
        """Return the reply to a GET."""
        request = self._http.build_request("GET", path, params=parameters)
        return await self._reply(request, type_, timeout_s)

    async def post(self, path: str, content: object, type_: type[T]) -> T:
        """Return the reply to a POST."""
        request = self._http.build_request("POST", path, json=content)
        return (await self._reply(request, type_, _TIMEOUT_S)).value

    async def stream(
        self, request: httpx.Request, decoder: msgspec.json.Decoder[T]
    ) -> AsyncGenerator[list[T], None]:
        """Yield the values of a stream of lines, those that arrive together at once.

        It ends after five minutes.
        """
        with _failures(request):
            async with asyncio.timeout(_TIMEOUT_S):
                response = await self._http.send(request, stream=True)
            try:
                if response.status_code != _OK:
                    raise await _unexpected(response)
                async for lines in _lines(response):
                    yield [decoder.decode(line) for line in lines]
            finally:
                await response.aclose()

    def request(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, str] | None = None,
        content: object = None,
    ) -> httpx.Request:
        """Return the request of a stream."""
        return self._http.build_request(
            method,
            path,
            params=parameters,
            json=content,
            headers={"accept-encoding": "identity"},
        )

    async def _reply(
        self, request: httpx.Request, type_: type[T], timeout_s: float
    ) -> Reply[T]:
        with _failures(request):
            async with asyncio.timeout(timeout_s):
                response = await self._http.send(request, stream=True)
                try:
                    if response.status_code != _OK:
                        raise await _unexpected(response)
                    body = await read_body(response, _MOST_BYTES)
                finally:
                    await response.aclose()
            return Reply(msgspec.json.decode(body, type=type_), response.headers)


async def _lines(response: httpx.Response) -> AsyncIterator[list[bytes]]:
    ends_s = asyncio.get_running_loop().time() + _STREAM_S
    lines, parts = JsonLines(_MOST_BYTES), response.aiter_raw()
    while True:
        try:
            async with asyncio.timeout_at(ends_s):
                part = await anext(parts)
        except (TimeoutError, StopAsyncIteration):
            return
        if whole := lines.feed(part):
            yield whole


async def _unexpected(response: httpx.Response) -> UnexpectedStatus:
    """Return the error for a status, with the reason that the response has."""
    try:
        body = await read_body(response, _MOST_BYTES)
        text = msgspec.json.decode(body, type=_Refusal).message[:_MOST_REASON]
    except (CodingError, msgspec.MsgspecError, RecursionError):
        text = ""
    reason = f": {text}" if text.isprintable() and text else ""
    message = f"{_place(response.request)}: status {response.status_code}{reason}"
    return UnexpectedStatus(message, response.status_code)


@contextmanager
def _failures(request: httpx.Request) -> Generator[None]:
    """Raise the failures of a request as DiscoveryErrors."""
    try:
        yield
    except TimeoutError as error:
        message = f"{_place(request)}: no response in time"
        raise NoResponse(message) from error
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        message = f"{_place(request)}: no response: {reason}"
        raise NoResponse(message) from error
    except (CodingError, msgspec.MsgspecError, RecursionError) as error:
        message = f"{_place(request)}: the response cannot be used: {error}"
        raise InvalidResponse(message) from error


def _place(request: httpx.Request) -> str:
    """Return the URL of a request without its query, for messages."""
    return str(request.url.copy_with(query=None))
