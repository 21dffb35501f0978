"""A cache in front of a scripted origin, with a clock to move."""

import asyncio
from dataclasses import dataclass, field

from msgspec import structs

from tests.support.calls import DeafSink, request_context
from tests.support.fake_clock import FakeClock
from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.events import EventSink
from weir.gateway.headers import Headers, header
from weir.gateway.transport.errors import UpstreamError
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.middleware.cache.log import CacheLog
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.middleware.cache.middleware import Caching
from weir.gateway.upstreams.middleware.cache.store import CacheStore
from weir.gateway.upstreams.model.policy import CachePolicy
from weir.gateway.upstreams.model.upstream import Upstream

Answer = UpstreamResponse | UpstreamError | asyncio.CancelledError


@dataclass
class Origin:
    """Plays its answers, the last one for ever; numbers bodies that are empty.

    Safe calls are answered while the gate is open.
    """

    answers: list[Answer] = field(default_factory=list)
    asked: list[UpstreamRequest] = field(default_factory=list)
    forwarded: list[Headers] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        self.asked.append(request)
        self.forwarded.append(context.forwarded)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        numbered = b'{"n":%d}' % len(self.asked)
        if request.safe:
            await self.gate.wait()
        if isinstance(answer, BaseException):
            raise answer
        return structs.replace(answer, body=answer.body or numbered)


def new_cache(
    inner: Upstream,
    policy: CachePolicy | None = None,
    *,
    upstream: str = "catalog",
    store: CacheStore,
    clock: Clock,
    sink: EventSink | None = None,
    log: CacheLog | None = None,
) -> Caching:
    """Return the cache of an upstream that has no fallback."""
    return Caching(
        inner,
        policy or CachePolicy(),
        upstream=upstream,
        total_s=5.0,
        fallback_of=lambda _: None,
        log=log or CacheLog(upstream, clock, sink or DeafSink()),
        store=store,
        clock=clock,
    )


class CachedOrigin:
    """A cache over an origin; `ask` says the body and what X-Cache told."""

    def __init__(self, *answers: Answer, policy: CachePolicy | None = None) -> None:
        self.clock = FakeClock(0.0)
        self.origin = Origin(list(answers))
        self.store = MemoryStore()
        self.log = CacheLog("catalog", self.clock, DeafSink())
        self.cache = new_cache(
            self.origin, policy, store=self.store, clock=self.clock, log=self.log
        )

    async def read_in_mutation(self, request: UpstreamRequest) -> bytes:
        """Return the body of a response for the selection of a mutation."""
        context = structs.replace(request_context(), writes=True)
        return (await self.cache.call(request, context)).body

    async def answer(
        self, request: UpstreamRequest, forwarded: Headers = ()
    ) -> UpstreamResponse:
        return await self.cache.call(request, request_context(forwarded))

    async def ask(
        self, request: UpstreamRequest, forwarded: Headers = ()
    ) -> tuple[bytes, str]:
        answer = await self.answer(request, forwarded)
        told = header(answer.headers, b"x-cache") or b""
        return answer.body, told.decode()


def fields(*lines: str) -> Headers:
    """Return header fields of "name: value" lines."""
    split = (line.split(": ", 1) for line in lines)
    return tuple((name.lower().encode(), value.encode()) for name, value in split)


def reply(*lines: str, status: int = 200, body: bytes = b"") -> UpstreamResponse:
    return UpstreamResponse(status=status, headers=fields(*lines), body=body)
