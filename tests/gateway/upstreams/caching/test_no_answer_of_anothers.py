"""No private answer is served to another identity, whatever keeps the answers."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import TypeAlias

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.clock import SystemClock
from gateway.context import RequestContext
from gateway.headers import Headers, header
from gateway.upstreams.caching.log import CacheLog
from gateway.upstreams.caching.memory_store import MemoryStore
from gateway.upstreams.caching.store import CacheStore
from gateway.upstreams.caching.stored import CacheKey, StoredResponse
from gateway.upstreams.call import UpstreamRequest, UpstreamResponse
from gateway.upstreams.lanes import DEFAULT_LANE
from gateway.upstreams.middleware.caching import Caching
from gateway.upstreams.middleware.coalescing import Coalescing
from gateway.upstreams.policy import CachePolicy, UpstreamPolicy
from gateway.upstreams.runtime import Runtime
from tests.support.calls import DeafSink, request_context
from tests.support.redis_server import RedisServer
from tests.support.redis_stores import sharing
from tests.support.upstreams import instances

Ask: TypeAlias = dict[str, object]

WHO = ("", "alice", "bob")
CONTROL = (
    "max-age=60",
    "private, max-age=60",
    "public, max-age=60",
    "no-store",
    "no-cache",
    "s-maxage=60",
    "",
)
VARY = ("", "", "authorization", "cookie", "x-user", "*")
WHAT = st.fixed_dictionaries(
    {
        "method": st.sampled_from(("GET", "POST")),
        "path": st.sampled_from(("/1", "/2")),
        "control": st.sampled_from(CONTROL),
        "vary": st.sampled_from(VARY),
    }
)
WHOM = st.fixed_dictionaries(
    {
        "who": st.sampled_from(WHO),
        "by": st.sampled_from(("authorization", "cookie", "x-user", "partition")),
        "second": st.booleans(),
    }
)
# Those of a batch ask for the same thing at the same time: some may share a flight.
BATCHES = st.lists(
    st.builds(
        lambda what, whom: [{**what, **each} for each in whom],
        WHAT,
        st.lists(WHOM, min_size=1, max_size=4),
    ),
    min_size=2,
    max_size=8,
)


class Personal:
    """Answers with who asked, by what says so; the answer is public if it says so."""

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        # Time for others to ask the same.
        await asyncio.sleep(0)
        named = header(request.headers, b"x-answer-as") or b""
        body = orjson.dumps(who(request, context))
        return UpstreamResponse(status=200, headers=_told(named), body=body)


def who(request: UpstreamRequest, context: RequestContext) -> tuple[str, str]:
    """Who asks, and what says so."""
    for name in (b"authorization", b"cookie", b"x-user"):
        value = header(context.forwarded, name)
        if value is not None:
            return value.decode(), name.decode()
    return request.partition, "partition" if request.partition else "nothing"


def _told(named: bytes) -> Headers:
    control, vary = named.split(b"|")
    lines = ((b"cache-control", control), (b"vary", vary))
    return tuple((name, value) for name, value in lines if value)


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    running = RedisServer()
    asyncio.run(running.start())
    yield running
    asyncio.run(running.kill())


@settings(max_examples=400, deadline=None)
@given(batches=BATCHES)
def test_an_answer_for_somebody_is_given_to_nobody_else(
    batches: list[list[Ask]],
) -> None:
    store = MemoryStore()
    asyncio.run(_ask_all((store, store), batches))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(batches=BATCHES)
def test_nor_by_redis(server: RedisServer, batches: list[list[Ask]]) -> None:
    asyncio.run(_ask_all_sharing(server, batches))


ALICE: Ask = {
    "who": "alice",
    "by": "partition",
    "method": "GET",
    "path": "/1",
    "control": "max-age=60",
    "vary": "",
    "second": False,
}


class Unpartitioned(MemoryStore):
    """Broken: it does not ask whose an answer is."""

    async def get(self, key: CacheKey) -> tuple[StoredResponse, ...]:
        return await super().get(replace(key, partition=""))

    async def put(
        self, key: CacheKey, stored: StoredResponse, since: int | None = None
    ) -> None:
        await super().put(replace(key, partition=""), stored, since)


async def test_an_answer_of_anothers_would_be_noticed() -> None:
    store = Unpartitioned()
    batches = [[ALICE], [{**ALICE, "who": "bob"}]]

    with pytest.raises(AssertionError):
        await _ask_all((store, store), batches)


async def _ask_all_sharing(server: RedisServer, batches: list[list[Ask]]) -> None:
    async with sharing(server) as stores:
        # What examples before this one left may be found, and must not matter.
        await _ask_all(stores, batches)


async def _ask_all(stores: Sequence[CacheStore], batches: list[list[Ask]]) -> None:
    caches = tuple(map(_cache, stores))
    for batch in batches:
        await asyncio.gather(*(_ask(caches[bool(ask["second"])], ask) for ask in batch))
        # Redis answers in order: what was put is there for the other one.
        for store in stores:
            await store.invalidate("catalog", "/of no interest")


def _cache(store: CacheStore) -> Caching:
    upstream = UpstreamPolicy(name="catalog", instances=instances("http://a"))
    runtime = Runtime(SystemClock(), Random(1), DeafSink(), store)  # noqa: S311 - chance
    total_s = {DEFAULT_LANE: upstream.timeout.total_s}
    shared = Coalescing(Personal(), lambda _: DEFAULT_LANE, total_s, runtime.clock)
    return Caching(shared, (upstream, CachePolicy()), CacheLog(), runtime)


async def _ask(cache: Caching, ask: Ask) -> None:
    name, by, control = str(ask["who"]), str(ask["by"]), str(ask["control"])
    vary = str(ask["vary"])
    forwarded: Headers = ()
    if name and by != "partition":
        forwarded = ((by.encode(), name.encode()),)
    request = replace(
        UpstreamRequest(
            method=str(ask["method"]),
            path=str(ask["path"]),
            safe=True,
            deadline_s=SystemClock.monotonic_s() + 10,
            endpoint="any",
            body=b"{}" if ask["method"] == "POST" else b"",
            headers=((b"x-answer-as", f"{control}|{vary}".encode()),),
        ),
        partition=name if by == "partition" else "",
    )

    context = request_context(forwarded)
    answer = await cache.call(request, context)

    asker = who(request, context)
    owner = tuple(orjson.loads(answer.body))
    assert owner[0] == asker[0] or _may_be_given(answer.headers, asker, owner)


def _may_be_given(
    headers: Headers, asker: tuple[str, str], owner: tuple[str, str]
) -> bool:
    """Say whether the service itself let others than `owner` be given this answer.

    Either it said so, or what tells who asks is a field that is no credential, and the
    service forgot to name it in Vary: then it can not have been meant to be private.
    """
    told = (header(headers, b"cache-control") or b"").decode()
    vary = (header(headers, b"vary") or b"").decode()
    fields = {asker[1], owner[1]}
    if "private" in told or "no-store" in told:
        return False
    if "partition" in fields or vary == "*" or vary in fields:
        return False
    return "public" in told or fields <= {"x-user", "nothing"}
