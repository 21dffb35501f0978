"""Responses of services in a file: recorded once, and replayed without the services.

A response belongs to the upstream, the method, the path and the body of its request.
The file has no header fields of requests, which may have credentials, and no cookies.
"""

from collections.abc import AsyncIterable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.single_instances import single_instances
from weir.gateway.clock import Clock
from weir.gateway.headers import Headers
from weir.gateway.transport.errors import UpstreamRequestInvalid
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.transport.transport import ResponseStream, Transport
from weir.gateway.upstreams.factories import TransportFactory, new_transport

_COOKIES: Final = b"set-cookie"
_NOT_IMPLEMENTED: Final = 501
_Key: TypeAlias = tuple[str, str, str, str]
"""Upstream, method, path, and body of a request."""


class RecordedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A response of a service, with the request that it belongs to."""

    upstream: str
    method: str
    path: str
    request: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    @property
    def key(self) -> _Key:
        return self.upstream, self.method, self.path, self.request


class Recorder:
    """Records the responses of services; the last one of equal requests counts."""

    def __init__(
        self, loaded: LoadedConfig, transports: TransportFactory = new_transport
    ) -> None:
        _reject_discovery(loaded)
        self._names = _names(loaded)
        self._transports = transports
        self._responses: dict[_Key, RecordedResponse] = {}

    def transport(self, url: str, policy: TransportPolicy, clock: Clock) -> Transport:
        """Return the transport to an instance of a service."""
        inner = self._transports(url, policy, clock)
        return _Recorded(inner, _name(self._names, url), self._responses)

    def save(self, file: Path) -> None:
        """Write the responses as JSON; raises OSError."""
        found = sorted(self._responses.values(), key=lambda each: each.key)
        file.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")


def _reject_discovery(loaded: LoadedConfig) -> None:
    for name, upstream in loaded.config.upstreams.items():
        if upstream.discovery is not None:
            path = ("upstreams", name, "discovery")
            message = f"{'.'.join(path)}: to record responses, list `instances` instead"
            raise loaded.error(path, message)


def _names(loaded: LoadedConfig) -> dict[str, str]:
    """Return the name of each instance's upstream; the first of several counts."""
    upstreams = reversed(loaded.config.upstreams.items())
    return {
        each.url.rstrip("/"): name
        for name, upstream in upstreams
        for each in upstream.instances
    }


def _first_url(loaded: LoadedConfig, upstream: str) -> str:
    """Return the URL of the first instance, "" if they are discovered."""
    instances = loaded.config.upstreams[upstream].instances
    return instances[0].url if instances else ""


def _name(names: Mapping[str, str], url: str) -> str:
    """Return the name of a service; one that only a supergraph has is named by URL."""
    return names.get(url.rstrip("/"), url)


class _Recorded:
    """A transport whose responses are recorded."""

    def __init__(
        self, inner: Transport, upstream: str, responses: dict[_Key, RecordedResponse]
    ) -> None:
        self._inner = inner
        self._upstream = upstream
        self._responses = responses

    async def call(
        self, request: UpstreamRequest, headers: Headers, deadline_s: float
    ) -> UpstreamResponse:
        response = await self._inner.call(request, headers, deadline_s)
        recorded = RecordedResponse(
            upstream=self._upstream,
            method=request.method,
            path=request.path,
            request=_text(request.body),
            status=response.status,
            headers=tuple(
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in response.headers
                if name != _COOKIES
            ),
            body=_text(response.body),
        )
        self._responses[recorded.key] = recorded
        return response

    async def open(
        self,
        request: UpstreamRequest,
        headers: Headers,
        deadline_s: float,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        return await self._inner.open(request, headers, deadline_s, body)

    async def close(self) -> None:
        await self._inner.close()


class Replay:
    """Recorded responses in place of services; `missing` are requests without one.

    `loaded` is the configuration to run.
    """

    def __init__(self, file: Path, loaded: LoadedConfig) -> None:
        self._responses = {each.key: each for each in _read(file)}
        self.missing: list[str] = []
        self.loaded, upstreams = single_instances(loaded)
        names = _names(loaded)
        self._names = {
            url: _name(names, _first_url(loaded, upstream) or upstream)
            for url, upstream in upstreams.items()
        }

    def transport(self, url: str, policy: TransportPolicy, clock: Clock) -> Transport:
        """Return a transport that needs no network."""
        del policy, clock
        return _Replayed(_name(self._names, url), self)

    def response(self, upstream: str, request: UpstreamRequest) -> UpstreamResponse:
        """Return the response to a request; one without has a status of 501."""
        key = upstream, request.method, request.path, _text(request.body)
        found = self._responses.get(key)
        if found is None:
            label = request.operation or f"{request.method} {request.path}"
            self.missing.append(f"{upstream}: {label}")
            return UpstreamResponse(status=_NOT_IMPLEMENTED, headers=(), body=b"")
        return UpstreamResponse(
            status=found.status,
            headers=tuple(
                (name.encode("latin-1"), value.encode("latin-1"))
                for name, value in found.headers
            ),
            body=found.body.encode(),
        )


class _Replayed:
    """The transport to a service that has been recorded."""

    def __init__(self, upstream: str, replay: Replay) -> None:
        self._upstream = upstream
        self._replay = replay

    async def call(
        self, request: UpstreamRequest, headers: Headers, deadline_s: float
    ) -> UpstreamResponse:
        del headers, deadline_s
        return self._replay.response(self._upstream, request)

    async def open(
        self,
        request: UpstreamRequest,
        headers: Headers,
        deadline_s: float,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        del request, headers, deadline_s, body
        detail = "A stream is not recorded."
        raise UpstreamRequestInvalid(detail)

    async def close(self) -> None:
        """Do nothing, as there are no connections."""


def _text(body: bytes) -> str:
    """Return a body as text; one that is not UTF-8 is not JSON (RFC 8259 §8.1)."""
    return body.decode("utf-8", "replace")


def _read(file: Path) -> list[RecordedResponse]:
    """Read a recording; raises ConfigError."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=list[RecordedResponse])
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise ConfigError(Problem(file=str(file), message=message)) from error
    except msgspec.DecodeError as error:
        message = f"is not a file of `weir budget --recorded`: {error}"
        raise ConfigError(Problem(file=str(file), message=message)) from error
