"""What every `CacheStore` does, in memory or in Redis."""

from collections.abc import AsyncIterator, Collection
from dataclasses import replace

import pytest
from msgspec import structs

from tests.support import stored_response
from tests.support.redis_server import running_redis
from tests.support.redis_stores import sharing
from weir.gateway.clock import SystemClock
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.middleware.cache.store import CacheStore, Purge
from weir.gateway.upstreams.middleware.cache.stored import CacheKey, StoredResponse

STORED = replace(
    stored_response.STORED,
    headers=((b"content-type", b"application/json"), (b"x-caf\xe9", b"\xff\x00")),
    body=b'{"n":1}',
    received_s=SystemClock.monotonic_s(),
    received_epoch_s=SystemClock.epoch_s(),
    initial_age_s=1.5,
    lifetime_s=86_400.0,
    public=True,
    stale_while_revalidate_s=5.0,
    stale_if_error_s=60.0,
)


def key(path: str, upstream: str = "u", method: str = "GET") -> CacheKey:
    return CacheKey(upstream=upstream, partition="", method=method, path=path)


def answered(body: str, *tags: str, language: str = "") -> StoredResponse:
    selection = ((b"accept-language", language.encode()),) if language else ()
    return replace(
        STORED, body=body.encode(), tags=frozenset(tags), selection=selection
    )


@pytest.fixture(params=["memory", "redis", "redis without copies"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[CacheStore]:
    if request.param == "memory":
        yield MemoryStore()
        return
    async with running_redis() as server, sharing(server) as (one, other):
        yield one if request.param == "redis" else Alternating(one, other)


class Alternating:
    """Puts into one store and reads from another that has no copies of its own."""

    def __init__(self, writer: CacheStore, reader: CacheStore) -> None:
        self._writer, self._reader = writer, reader

    async def get(self, *keys: CacheKey) -> tuple[StoredResponse, ...]:
        return await self._reader.get(*keys)

    @property
    def sequence(self) -> int:
        return self._writer.sequence

    async def put(
        self, key: CacheKey, stored: StoredResponse, since: int | None = None
    ) -> None:
        await self._writer.put(key, stored, since)
        # Redis answers in order: when this is answered, the put is done.
        await self._writer.remove(structs.replace(key, path="/of no interest"))

    async def remove(self, key: CacheKey) -> None:
        await self._writer.remove(key)

    async def invalidate_keys(self, *keys: CacheKey) -> None:
        await self._writer.invalidate_keys(*keys)

    async def invalidate(
        self,
        upstream: str,
        *paths: str,
        only_get: bool = False,
        tags: Collection[str] = (),
    ) -> None:
        await self._writer.invalidate(upstream, *paths, only_get=only_get, tags=tags)

    async def purge(self, purge: Purge) -> int:
        return await self._writer.purge(purge)


async def bodies(store: CacheStore, place: CacheKey) -> list[str]:
    return [stored.body.decode() for stored in await store.get(place)]


async def test_what_was_put_is_found_as_it_was(store: CacheStore) -> None:
    large = replace(STORED, body=b"compressible " * 1000, tags=frozenset({"a", "b c"}))
    await store.put(key("/1"), large)

    assert await store.get(key("/1")) == (large,)


NEIGHBOURS = [
    CacheKey(upstream="u", partition="", method="GET", path="/1/"),
    CacheKey(upstream="v", partition="", method="GET", path="/1"),
    CacheKey(upstream="u", partition="alice", method="GET", path="/1"),
    CacheKey(upstream="u", partition="", method="POST", path="/1"),
    CacheKey(upstream="u", partition="", method="GET", path="/1", identity=b"b"),
]


@pytest.mark.parametrize("neighbour", NEIGHBOURS, ids=str)
async def test_another_key_finds_nothing(
    store: CacheStore, neighbour: CacheKey
) -> None:
    await store.put(key("/1"), STORED)

    assert await store.get(neighbour) == ()


async def test_variants_are_found_in_order_of_arrival(store: CacheStore) -> None:
    for number, language in enumerate(("de", "en", "fr")):
        stored = replace(
            answered(language, language=language),
            received_s=SystemClock.monotonic_s() + number,
            received_epoch_s=SystemClock.epoch_s() + number,
        )
        await store.put(key("/1"), stored)

    assert await bodies(store, key("/1")) == ["de", "en", "fr"]


async def test_a_variant_takes_the_place_of_its_predecessor(store: CacheStore) -> None:
    await store.put(key("/1"), answered("before", language="de"))
    await store.put(key("/1"), answered("after", language="de"))

    assert await bodies(store, key("/1")) == ["after"]


async def test_variants_are_bounded(store: CacheStore) -> None:
    for number in range(40):
        await store.put(key("/1"), answered("x", language=f"{number}"))

    assert len(await store.get(key("/1"))) == 16


async def test_removing_takes_all_variants(store: CacheStore) -> None:
    await store.put(key("/1"), answered("x", "tagged", language="de"))
    await store.put(key("/1"), answered("x", language="en"))
    await store.put(key("/2"), answered("kept"))

    await store.remove(key("/1"))

    assert await bodies(store, key("/1")) == []
    assert await bodies(store, key("/2")) == ["kept"]


@pytest.mark.parametrize("only_get", [False, True])
async def test_an_invalidation_removes_the_responses_of_exactly_its_path(
    store: CacheStore, *, only_get: bool
) -> None:
    gone = [key("/1"), structs.replace(key("/1"), partition="alice")]
    queries = [key("/1", method="POST"), key("/1", method="QUERY")]
    others = [key("/10"), key("/1?a=b"), key("/1", "v"), key("/10", method="POST")]
    for place in gone + queries + others:
        await store.put(place, STORED)

    await store.invalidate("u", "/1", only_get=only_get)

    assert [len(await store.get(place)) for place in gone] == [0, 0]
    assert [len(await store.get(place)) for place in queries] == [only_get] * 2
    assert [len(await store.get(place)) for place in others] == [1, 1, 1, 1]


async def test_an_invalidated_key_also_rejects_responses_on_their_way(
    store: CacheStore,
) -> None:
    since = store.sequence
    await store.put(key("/1"), answered("x"))

    await store.invalidate_keys(key("/1"))

    assert await bodies(store, key("/1")) == []
    await store.put(key("/1"), answered("before"), since)
    await store.put(key("/2"), answered("another key"), since)
    assert await bodies(store, key("/1")) == []
    assert await bodies(store, key("/2")) == ["another key"]
    await store.put(key("/1"), answered("after"), store.sequence)
    assert await bodies(store, key("/1")) == ["after"]


async def test_invalidating_takes_what_has_one_of_the_tags(store: CacheStore) -> None:
    await store.put(key("/1"), answered("x", "red", language="de"))
    await store.put(key("/1"), answered("kept", "blue", language="en"))
    await store.put(key("/2", method="POST"), answered("x", "red", "green"))
    await store.put(key("/3", "v"), answered("another's", "red"))
    await store.put(key("/4"), answered("x"))

    await store.invalidate("u", "/4", "/5", tags=("red", "green"))

    assert await bodies(store, key("/1")) == ["kept"]
    assert await bodies(store, key("/2", method="POST")) == []
    assert await bodies(store, key("/3", "v")) == ["another's"]
    assert await bodies(store, key("/4")) == []


OVERTAKEN = [
    (Purge(upstream="u"), False),
    (Purge(upstream="u", tag="red"), False),
    (Purge(upstream="u", path_prefix="/1"), False),
    ("/1", False),
    (Purge(upstream="v"), True),
    (Purge(upstream="u", tag="blue"), True),
    (Purge(upstream="u", path_prefix="/1/"), True),
    ("/10", True),
]


@pytest.mark.parametrize(("forgotten", "kept"), OVERTAKEN, ids=str)
async def test_an_answer_on_its_way_is_not_kept_if_it_was_to_be_forgotten(
    store: CacheStore, forgotten: Purge | str, *, kept: bool
) -> None:
    since = store.sequence
    if isinstance(forgotten, Purge):
        await store.purge(forgotten)
    else:
        await store.invalidate("u", forgotten)

    await store.put(key("/1"), answered("x", "red"), since)

    assert bool(await store.get(key("/1"))) is kept
    await store.put(key("/1"), answered("x", "red"), store.sequence)
    assert await store.get(key("/1"))


async def test_of_too_much_that_was_forgotten_nothing_is_remembered(
    store: CacheStore,
) -> None:
    since = store.sequence
    for number in range(1025):
        await store.invalidate("v", f"/{number}")

    await store.put(key("/1"), STORED, since)

    assert await store.get(key("/1")) == ()


PURGES = [
    (Purge(upstream="u"), 4, "/c"),
    (Purge(upstream="u", path_prefix="/a"), 3, "/b /c"),
    (Purge(upstream="u", path_prefix="/a/1"), 2, "/a /b /c"),
    (Purge(upstream="u", tag="red"), 2, "/a /a/1 /c"),
    (Purge(upstream="u", tag="RED"), 2, "/a /a/1 /c"),
    (Purge(upstream="u", tag="dark blue"), 1, "/a /a/1 /b /c"),
    (Purge(upstream="u", path_prefix="/a", tag="red"), 1, "/a /a/1 /b /c"),
    (Purge(upstream="u", path_prefix="/a/1", tag="re"), 0, "/a /a/1 /b /c"),
    (Purge(upstream="v"), 1, "/a /a/1 /b"),
    (Purge(upstream="w"), 0, "/a /a/1 /b /c"),
]


@pytest.mark.parametrize(("purge", "count", "left"), PURGES, ids=str)
async def test_purging_takes_exactly_what_matches(
    store: CacheStore, purge: Purge, count: int, left: str
) -> None:
    await store.put(key("/a"), answered("x"))
    await store.put(key("/a/1"), answered("x", "red", language="de"))
    await store.put(key("/a/1"), answered("x", "dark blue", language="en"))
    await store.put(key("/b"), answered("x", "red"))
    await store.put(key("/c", "v"), answered("x", "red"))

    assert await store.purge(purge) == count

    found = [key("/a"), key("/a/1"), key("/b"), key("/c", "v")]
    assert {place.path for place in found if await store.get(place)} == set(
        left.split()
    )


async def test_a_tag_that_an_answer_has_lost_does_not_purge_it(
    store: CacheStore,
) -> None:
    await store.put(key("/1"), answered("before", "red"))
    await store.put(key("/1"), answered("after", "blue"))

    assert await store.purge(Purge(upstream="u", tag="red")) == 0
    assert await store.purge(Purge(upstream="u", tag="blue")) == 1


async def test_thousands_are_purged_at_once(store: CacheStore) -> None:
    for number in range(1200):
        await store.put(key(f"/{number}"), answered("x", "all"))

    assert await store.purge(Purge(upstream="u", tag="all")) == 1200
    assert await store.purge(Purge(upstream="u")) == 0
