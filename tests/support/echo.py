"""Callers of an echoing service behind a cache, and whose values a response may hold.

The service responds with all that it was sent. A response that reaches another caller
shows whose it was, so that `EchoedCache.ask` can tell whether the service allowed that.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final, TypeAlias
from zlib import crc32

import orjson
from hypothesis import strategies as st
from msgspec import structs

from tests.support.cached import new_cache
from tests.support.calls import request_context
from tests.support.fake_clock import FakeClock
from tests.support.memory_upstream import CallsOnly
from tests.support.redis_server import RedisServer
from tests.support.redis_stores import sharing
from weir.gateway.clock import Clock, SystemClock
from weir.gateway.context import RequestContext
from weir.gateway.headers import Headers, header, outgoing_headers, with_fields
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.middleware.cache.middleware import Caching
from weir.gateway.upstreams.middleware.cache.store import CacheStore
from weir.gateway.upstreams.middleware.coalesce import Coalescing
from weir.gateway.upstreams.middleware.header_fields import HeaderFields
from weir.gateway.upstreams.middleware.overrides import PolicyOverrides
from weir.gateway.upstreams.model.header_rules import OF_THE_GATEWAY, HeaderRules
from weir.gateway.upstreams.model.policy import CachePolicy, UpstreamPolicy
from weir.gateway.upstreams.writes import Writes

Echo: TypeAlias = dict[str, str]
"""What the service was sent: the values of fields by name, and the partition."""

_FORWARDED: Final = (
    "authorization",
    "cookie",
    "x-user-id",
    "accept-language",
    "baggage",
    "x-client-type",
    "x-forwarded-host",
)
_OF_RESOLVERS: Final = "x-of-a-resolver"
_OWN: Final = (_OF_RESOLVERS, "authorization")
_SEEN: Final = (*_FORWARDED, _OF_RESOLVERS)


@dataclass(frozen=True)
class Caller:
    """A caller, by what the gateway sends of it."""

    forwarded: tuple[tuple[str, str], ...] = ()
    own: tuple[tuple[str, str], ...] = ()
    partition: str = ""


@dataclass(frozen=True)
class Asking:
    """Callers that request the same thing at the same time, from two gateways."""

    callers: tuple[tuple[Caller, bool], ...]
    says: tuple[tuple[str, str], ...] = ()
    status: int = 200
    tags: bool = False
    method: str = "GET"
    path: str = "/1"
    after_s: float = 0.0


@dataclass
class EchoService(CallsOnly):
    """Responds with what it was sent, and with the fields that it is told to add."""

    says: Headers = ()
    status: int = 200
    tags: bool = False
    cookies: int = 0

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        says, status = self._says(), self.status
        # Time for others to request the same.
        await asyncio.sleep(0)
        body = orjson.dumps(echo(request, context))
        if self.tags:
            # An honest one: what is public is the same for all.
            public = b"public" in (header(says, b"cache-control") or b"")
            etag = b'"public"' if public else b'"%d"' % crc32(body)
            says = (*says, (b"etag", etag))
            sent = request.headers + context.forwarded
            if header(sent, b"if-none-match") == etag:
                return UpstreamResponse(status=304, headers=says, body=b"")
        return UpstreamResponse(status=status, headers=says, body=body)

    def _says(self) -> Headers:
        """Return the fields of a response; no two have the same cookie."""
        if header(self.says, b"set-cookie") is None:
            return self.says
        self.cookies += 1
        return with_fields(self.says, ((b"set-cookie", b"id=%d" % self.cookies),))


def echo(request: UpstreamRequest, context: RequestContext) -> Echo:
    sent = outgoing_headers(request.headers, context.forwarded)
    seen = {name: header(sent, name.encode()) or b"" for name in _SEEN}
    values = {name: value.decode() for name, value in seen.items()}
    return {"partition": request.partition, **values}


def _rules(forward: Iterable[bytes]) -> HeaderRules:
    return HeaderRules(
        forward=tuple(sorted(forward)), response=frozenset({b"set-cookie"})
    )


_FORWARDABLE: Final = {name.encode() for name in _FORWARDED} - {*OF_THE_GATEWAY}
ALL_FORWARDED: Final = _rules(_FORWARDABLE)
RULES = st.sets(st.sampled_from(sorted(_FORWARDABLE))).map(_rules)


@dataclass
class EchoedCache:
    """Two gateways' caches in front of one echoing service."""

    stores: Sequence[CacheStore]
    clock: Clock
    policy: CachePolicy
    upstream: str = "catalog"
    service: EchoService = field(default_factory=EchoService)
    rules: HeaderRules = field(default_factory=lambda: ALL_FORWARDED)
    cookies: set[bytes] = field(default_factory=set[bytes])

    def __post_init__(self) -> None:
        self._caches = [self._cache(store) for store in self.stores]

    def _cache(self, store: CacheStore) -> Caching:
        shared = Coalescing(
            self.service,
            PolicyOverrides(UpstreamPolicy(name=self.upstream)),
            self.clock,
            Writes(),
            returns_cookies=True,
        )
        return new_cache(
            shared,
            self.policy,
            upstream=self.upstream,
            store=store,
            clock=self.clock,
        )

    async def ask_all(self, askings: Sequence[Asking]) -> None:
        for asking in askings:
            if isinstance(self.clock, FakeClock):
                self.clock.advance(asking.after_s)
            self.service.says = _lines(asking.says)
            self.service.status = asking.status
            self.service.tags = asking.tags
            await asyncio.gather(
                *(
                    self._ask(self._caches[second], asking, caller)
                    for caller, second in asking.callers
                )
            )
            # Redis replies in order: what was put is there for the other gateway.
            for store in self.stores:
                await store.invalidate(self.upstream, "/of no interest")

    async def _ask(self, cache: Caching, asking: Asking, caller: Caller) -> None:
        request = UpstreamRequest(
            method=asking.method,
            path=asking.path,
            safe=True,
            deadline_s=self.clock.monotonic_s() + 10,
            endpoint="any",
            body=b"{}" if asking.method == "POST" else b"",
            headers=_lines(caller.own),
            partition=caller.partition,
        )
        ids = ((b"x-request-id", b"%d" % id(caller)), (b"x-forwarded-for", b"::1"))
        sent = _lines(caller.forwarded)
        gateway = tuple(line for line in sent if line[0] in OF_THE_GATEWAY)
        context = structs.replace(
            request_context(ids + gateway), client_headers=dict(sent)
        )
        fields = HeaderFields(cache, self.service, self.rules)
        response = await fields.call(request, context)
        cookies = {value for lines in context.returned for _, value in lines}
        assert cookies.isdisjoint(self.cookies), "a cookie is for one client"
        self.cookies |= cookies
        if response.body:
            self._check(request, ids + sent, response)

    def _check(
        self, request: UpstreamRequest, sent: Headers, response: UpstreamResponse
    ) -> None:
        seen = tuple(
            line
            for line in sent
            if line[0] in OF_THE_GATEWAY or line[0] in self.rules.forward
        )
        asked = echo(request, request_context(seen))
        answered = orjson.loads(response.body)
        differing = {name for name in asked if asked[name] != answered[name]}
        allowed = _may_differ(request, response.headers, ttl=self.policy.ttl_s > 0)
        assert differing <= allowed, (differing, response.headers)


def _may_differ(request: UpstreamRequest, says: Headers, *, ttl: bool) -> set[str]:
    """Return the fields in which a response may be another caller's.

    A service that says `public` names in Vary all that its response depends on. One
    that only states a lifetime does so for the fields that resolvers send.
    """
    control = (header(says, b"cache-control") or b"").decode()
    vary = {name.strip() for name in (header(says, b"vary") or b"").decode().split(",")}
    if "public" in control and header(says, b"x-cache") == b"REVALIDATED":
        # A 304 to this very request says that the stored body is the one for it,
        # whatever Vary it has (RFC 9110 §15.4.5, RFC 9111 §4.3.4).
        vary = set()
    if "private" in control or "no-store" in control or "*" in vary:
        return set()
    unnamed = {name for name in _SEEN if name not in vary}
    if request.method != "GET":
        unnamed -= {_OF_RESOLVERS}
    if "public" in control:
        return unnamed
    return set() if ttl else unnamed & {_OF_RESOLVERS}


def _lines(fields: Sequence[tuple[str, str]]) -> Headers:
    return tuple((name.encode(), value.encode()) for name, value in fields)


_VALUES = st.sampled_from(("ada", "bob"))


def _some(names: Sequence[str]) -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    """Some of the fields, each with a value, in a fixed order."""
    chosen = st.dictionaries(st.sampled_from(names), _VALUES, max_size=2)
    return chosen.map(lambda fields: tuple(sorted(fields.items())))


_CALLERS = st.builds(
    Caller,
    forwarded=_some(_FORWARDED),
    own=st.just(()) | _some(_OWN),
    partition=st.just("") | _VALUES,
)
_CONTROLS = (
    "",
    "max-age=60",
    "max-age=60",
    "private, max-age=60",
    "public, max-age=60",
    "public",
    "s-maxage=60",
    "must-revalidate, max-age=60",
    "no-store",
    "no-cache",
    "max-age=0, stale-while-revalidate=60",
    "max-age=0, stale-if-error=60",
)
_VARIES = ("", "", "*", "accept-encoding", "cookie", "x-user-id, accept-language")


def _stated(fields: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in fields if value)


_SAYS = st.tuples(
    st.tuples(st.just("cache-control"), st.sampled_from(_CONTROLS)),
    st.tuples(st.just("vary"), st.sampled_from(_VARIES)),
    st.tuples(st.just("set-cookie"), st.sampled_from(("", "", "", "a=b"))),
).map(_stated)

ASKINGS = st.lists(
    st.builds(
        Asking,
        callers=st.lists(
            st.tuples(_CALLERS, st.booleans()), min_size=1, max_size=4
        ).map(tuple),
        says=_SAYS,
        status=st.sampled_from((200, 200, 200, 203, 301, 404, 500, 503)),
        tags=st.booleans(),
        method=st.sampled_from(("GET", "GET", "POST")),
        path=st.sampled_from(("/1", "/1", "/2")),
        after_s=st.sampled_from((0.0, 0.0, 61.0)),
    ),
    min_size=2,
    max_size=6,
)
POLICIES = st.builds(
    lambda ttl_s, stale_s: CachePolicy(
        ttl_s=ttl_s, stale_while_revalidate_s=stale_s, stale_if_error_s=stale_s
    ),
    st.sampled_from((0.0, 30.0)),
    st.sampled_from((0.0, 0.0, 100.0)),
)


async def ask_in_memory(
    askings: Sequence[Asking],
    policy: CachePolicy,
    store: MemoryStore | None = None,
    rules: HeaderRules = ALL_FORWARDED,
) -> None:
    """Ask through two caches over one store, with a clock to advance."""
    kept = MemoryStore() if store is None else store
    cache = EchoedCache((kept, kept), FakeClock(), policy, rules=rules)
    await cache.ask_all(askings)


class SharedRedis:
    """Two gateways' stores that share a Redis; each use has an upstream of its own."""

    def __init__(self, stores: Sequence[CacheStore], runner: asyncio.Runner) -> None:
        self._stores = stores
        self._runner = runner
        self._names = (f"catalog-{number}" for number in count())

    def ask_all(self, askings: Sequence[Asking], policy: CachePolicy) -> None:
        cache = EchoedCache(self._stores, SystemClock(), policy, next(self._names))
        self._runner.run(cache.ask_all(askings))


@contextmanager
def shared_redis() -> Iterator[SharedRedis]:
    """Start a Redis and two stores that share it."""
    with asyncio.Runner() as runner:
        server = RedisServer()
        runner.run(server.start())
        stack = AsyncExitStack()
        try:
            stores = runner.run(stack.enter_async_context(sharing(server)))
            yield SharedRedis(stores, runner)
        finally:
            runner.run(stack.aclose())
            runner.run(server.kill())
