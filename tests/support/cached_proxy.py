"""An upstream with a cache, as a proxy for tests that speak HTTP to a cache.

The whole stack is the real one. What is the proxy's alone: the fields of a connection
are left out, methods that only read are safe, and what fails is a 502.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any, Final, TypeAlias

import uvicorn

from tests.support.calls import DeafSink, request_context
from tests.support.upstreams import instances
from weir.gateway.clock import SystemClock
from weir.gateway.headers import Headers, end_to_end
from weir.gateway.transport.errors import UpstreamError
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.middleware.cache.store import CacheStore
from weir.gateway.upstreams.model.policy import (
    BreakerPolicy,
    CachePolicy,
    HealthPolicy,
    RetryPolicy,
    UpstreamPolicy,
)
from weir.gateway.upstreams.model.upstream import Upstream
from weir.gateway.upstreams.registry import Registry

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_OUR_OWN: Final = frozenset({b"connection", b"keep-alive", b"transfer-encoding"})
_FRAMING: Final = frozenset({b"content-length", b"host"})
_KNOWN: Final = range(200, 600)
_WITHOUT_CONTENT: Final = frozenset({204, 304})
_UNKNOWN: Final = 599
"""In place of statuses that uvicorn has no line for."""
_NEVER: Final = 1_000_000
_Message: TypeAlias = dict[str, Any]


class CachedProxy:
    """An ASGI app."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def __call__(self, scope: _Message, receive: Any, send: Any) -> None:
        request = _request(scope, await _body(receive))
        try:
            answer = await self._upstream.call(request, request_context())
        except UpstreamError as error:
            text = f"{error.code}: {error}".encode()
            answer = UpstreamResponse(status=502, headers=(), body=text)
        await send(
            {
                "type": "http.response.start",
                "status": answer.status if answer.status in _KNOWN else _UNKNOWN,
                "headers": _reply_headers(answer),
            }
        )
        await send({"type": "http.response.body", "body": answer.body})


async def _body(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _request(scope: _Message, body: bytes) -> UpstreamRequest:
    query = scope["query_string"].decode("latin-1")
    path = scope["raw_path"].decode("latin-1")
    return UpstreamRequest(
        method=scope["method"],
        path=f"{path}?{query}" if query else path,
        safe=scope["method"] in _SAFE,
        deadline_s=SystemClock.monotonic_s() + 10,
        endpoint="any",
        headers=_request_headers(scope),
        body=body,
    )


def _request_headers(scope: _Message) -> Headers:
    lines: Headers = tuple(map(tuple, scope["headers"]))
    return tuple(line for line in end_to_end(lines) if line[0] not in _FRAMING)


def _reply_headers(answer: UpstreamResponse) -> Headers:
    """Leave out what is the connection's alone: what else is, the cache must know."""
    dropped = _OUR_OWN
    if answer.status in _WITHOUT_CONTENT:
        dropped |= {b"content-length"}
    return tuple(line for line in answer.headers if line[0] not in dropped)


def cached_upstream(origin: str) -> UpstreamPolicy:
    """A policy by which nothing but the cache decides what becomes of a call."""
    return UpstreamPolicy(
        name="origin",
        instances=instances(origin),
        health=HealthPolicy(active=False, passive_failures=_NEVER),
        retry=RetryPolicy(attempts=0),
        breaker=BreakerPolicy(failures=_NEVER, min_calls=_NEVER),
        cache=CachePolicy(),
    )


@asynccontextmanager
async def cached_proxy(policy: UpstreamPolicy, store: CacheStore) -> AsyncIterator[str]:
    """Serve `policy`; yields the URL."""
    runtime = Dependencies(SystemClock(), Random(1), DeafSink(), store)  # noqa: S311 - chance
    registry = Registry({policy.name: policy}, runtime)
    config = uvicorn.Config(
        CachedProxy(registry.upstream(policy.name)),
        port=0,
        lifespan="off",
        log_level="warning",
        date_header=False,
        server_header=False,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving
        await registry.close()
