"""Responses of services in a file: recorded once, and replayed without the services.

A response belongs to the upstream, the method, the path and the body of its request.
The file has no header fields of requests, which may have credentials, and no cookies.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import msgspec

from weir.bffs.budget.json_list import read_list, write_list
from weir.bffs.budget.observed_transport import ObservedTransport
from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.single_instances import single_instances
from weir.bffs.in_memory.transport import MemoryTransport
from weir.gateway.clock import Clock
from weir.gateway.headers import Headers
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.transport.transport import Transport
from weir.gateway.upstreams.factories import TransportFactory, new_transport

_COOKIES: Final = b"set-cookie"
_NOT_IMPLEMENTED: Final = 501
_Key: TypeAlias = tuple[str, str, str, str]
"""Upstream, method, path, and body of a request."""
_FieldName: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=r"\A[!#$%&'*+.^_`|~0-9a-z-]+\Z")
]
_FieldValue: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=r"\A[^\x00\r\n\u0100-\U0010ffff]*\Z")
]
"""Text that is encoded as Latin-1."""


class RecordedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A response of a service, with the request that it belongs to."""

    upstream: str
    method: str
    path: str
    request: str
    status: Annotated[int, msgspec.Meta(ge=200, le=599)]
    headers: tuple[tuple[_FieldName, _FieldValue], ...]
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
        return ObservedTransport(inner, partial(self._record, _name(self._names, url)))

    def save(self, file: Path) -> None:
        """Write the responses as JSON; raises OSError."""
        found = sorted(self._responses.values(), key=lambda each: each.key)
        write_list(file, found)

    def _record(
        self, upstream: str, request: UpstreamRequest, response: UpstreamResponse
    ) -> None:
        recorded = RecordedResponse(
            upstream=upstream,
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


class Replay:
    """Recorded responses in place of services; `missing` are requests without one.

    `loaded` is the configuration to run.
    """

    def __init__(self, file: Path, loaded: LoadedConfig) -> None:
        responses = read_list(file, RecordedResponse, "--recorded")
        self._responses = {each.key: each for each in responses}
        self.missing: list[str] = []
        self.loaded, upstreams = single_instances(loaded)
        names = _names(loaded)
        self._names = {
            url: _name(names, _first_url(loaded, upstream) or upstream)
            for url, upstream in upstreams.items()
        }

    def transport(self, url: str, policy: TransportPolicy, clock: Clock) -> Transport:
        """Return a transport that needs no network."""
        del policy
        upstream = _name(self._names, url)

        async def respond(
            request: UpstreamRequest, headers: Headers
        ) -> UpstreamResponse:
            del headers
            return self._response(upstream, request)

        return MemoryTransport(respond, clock)

    def _response(self, upstream: str, request: UpstreamRequest) -> UpstreamResponse:
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


def _text(body: bytes) -> str:
    """Return a body as text; one that is not UTF-8 is not JSON (RFC 8259 §8.1)."""
    return body.decode("utf-8", "replace")
