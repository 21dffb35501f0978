"""The endpoint that sends copies of requests to a second service (shadow traffic).

A copy is sent in a task of its own, whose response is read and dropped. The response to
the client neither waits for it nor depends on it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from msgspec.structs import replace

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request, RequestBody, RequestHead
from weir.gateway.edge.response import Response, Upgrade
from weir.gateway.edge.route import Endpoint
from weir.gateway.errors import DeadlineExceeded, GatewayOverloaded, WeirError
from weir.gateway.events import CopyFinished
from weir.gateway.routes.endpoints.messages.complete_body import CompleteBody
from weir.gateway.routes.endpoints.messages.wrapped_body import WrappedBody
from weir.gateway.routes.endpoints.proxy import SAFE

_MAX_IN_FLIGHT: Final = 64
_MAX_BYTES: Final = 16 * 1024 * 1024
"""The copies of one route in flight, and the bytes of their bodies. More are dropped,
so that a slow service neither takes memory nor gets a load that it cannot carry."""
_MIRRORED: Final = (b"x-weir-mirrored", b"true")
_OK: Final = "ok"
_DROPPED: Final = "dropped"
_TOO_LARGE: Final = "too_large"


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorPolicy:
    """The requests of which copies are sent: a share of them.

    Without `writes`, those are safe requests alone. Requests with a body of more than
    `max_body_bytes` are not copied.
    """

    share: float = 1.0
    writes: bool = False
    max_body_bytes: int = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """The endpoint that gets copies, the name of its service, and their time limit."""

    service: str
    endpoint: Endpoint
    policy: MirrorPolicy
    timeout_s: float


class MirrorEndpoint:
    """An endpoint whose requests are copied; responses and errors are its own.

    `name` is that of the route. The service of the mirror gets X-Weir-Mirrored.
    """

    __slots__ = ("_bytes", "_clock", "_copies", "_inner", "_mirror", "_name", "_rng")

    def __init__(
        self, name: str, inner: Endpoint, mirror: Mirror, clock: Clock, rng: Random
    ) -> None:
        self._name = name
        self._inner = inner
        self._mirror = mirror
        self._clock = clock
        self._rng = rng
        self._copies: set[asyncio.Task[None]] = set()
        self._bytes = 0

    async def respond(
        self, request: Request, context: RequestContext
    ) -> Response | Upgrade:
        """Return the response of the endpoint; a copy of the request may be sent."""
        if self._is_copied(request.head):
            request = await self._observed(request, context)
        return await self._inner.respond(request, context)

    def render_error(self, error: WeirError, context: RequestContext) -> Response:
        return self._inner.render_error(error, context)

    def _is_copied(self, head: RequestHead) -> bool:
        policy = self._mirror.policy
        return (
            (policy.writes or head.method in SAFE)
            and b"upgrade" not in head.headers
            and self._rng.random() < policy.share
        )

    async def _observed(self, request: Request, context: RequestContext) -> Request:
        """Return a request of which a copy is sent once its body is complete."""
        body, limit = request.stream, self._mirror.policy.max_body_bytes
        declared = int(request.head.headers.get(b"content-length", b"0"))
        if max(declared, body.received) > limit:
            self._finished(context, _TOO_LARGE)
            return request
        if body.complete:
            content = await body.read(limit) if body.received else b""
            self._send(request, content, context)
            return replace(request, stream=CompleteBody(content, body))

        def at_end(content: bytes | None) -> None:
            if content is None:
                self._finished(context, _TOO_LARGE)
            else:
                self._send(request, content, context)

        return replace(request, stream=_CopiedBody(body, limit, at_end))

    def _send(self, request: Request, content: bytes, context: RequestContext) -> None:
        full = self._bytes + len(content) > _MAX_BYTES
        if full or len(self._copies) >= _MAX_IN_FLIGHT:
            self._finished(context, _DROPPED)
            return
        copy = replace(request, stream=CompleteBody(content, request.stream))
        task = asyncio.create_task(self._sent(copy, context), name="mirror")
        self._copies.add(task)
        self._bytes += len(content)

        def ended(task: asyncio.Task[None]) -> None:
            self._copies.discard(task)
            self._bytes -= len(content)

        task.add_done_callback(ended)

    async def _sent(self, copy: Request, context: RequestContext) -> None:
        mirror = self._mirror
        context = replace(
            context,
            deadline_s=self._clock.monotonic_s() + mirror.timeout_s,
            forwarded=(*context.forwarded, _MIRRORED),
            # The client gets no field of this response.
            returned=[],
        )
        outcome = _OK
        try:
            async with asyncio.timeout(mirror.timeout_s):
                await _drain(await mirror.endpoint.respond(copy, context))
        except TimeoutError:
            outcome = DeadlineExceeded.row.code
        except WeirError as error:
            outcome = error.code
        self._finished(context, outcome)

    def _finished(self, context: RequestContext, outcome: str) -> None:
        if receive := context.sink.receiver(CopyFinished):
            receive(
                CopyFinished(
                    request_id=context.request_id,
                    route=self._name,
                    upstream=self._mirror.service,
                    outcome=outcome,
                )
            )


async def _drain(response: Response | Upgrade) -> None:
    """Read a response to its end, so that its connection can be used again."""
    assert isinstance(response, Response), "a copy does not switch protocols"
    if isinstance(response.body, bytes):
        return
    try:
        async for _ in response.body:
            pass
    finally:
        await response.body.aclose()


class _CopiedBody(WrappedBody):
    """A body that is copied while it is read.

    `at_end` is called with the whole body, or with None if it is not copied: if it is
    longer than `limit`, or if there is no memory for it.
    """

    __slots__ = ("_at_end", "_content", "_limit")

    def __init__(
        self, body: RequestBody, limit: int, at_end: Callable[[bytes | None], None]
    ) -> None:
        super().__init__(body)
        self._limit = limit
        self._at_end = at_end
        self._content: bytearray | None = bytearray()

    async def read(self, limit: int) -> bytes:
        content = await self._body.read(limit)
        self._copy(content)
        self._end()
        return content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._body:
            self._copy(part)
            yield part
        self._end()

    def _copy(self, part: bytes) -> None:
        if self._content is None:
            return
        if len(self._content) + len(part) > self._limit:
            self._content = None
            return
        try:
            self._body.hold(len(part))
        except GatewayOverloaded:
            self._content = None
            return
        self._content += part

    def _end(self) -> None:
        self._at_end(None if self._content is None else bytes(self._content))
