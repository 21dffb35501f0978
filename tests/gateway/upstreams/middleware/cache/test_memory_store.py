import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.support import stored_response
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.middleware.cache.stored import CacheKey

Result = TypeVar("Result")
STORED = replace(stored_response.STORED, body=b"x" * 400)


def key(number: int, method: str = "GET") -> CacheKey:
    return CacheKey(upstream="u", partition="", method=method, path=f"/{number}")


async def test_a_scan_does_not_throw_out_what_is_popular() -> None:
    store = MemoryStore(max_bytes=50 * STORED.size)
    for number in range(20):
        await store.put(key(number), STORED)
        await store.get(key(number))

    for number in range(1000, 3000):
        await store.put(key(number), STORED)

    assert all([await store.get(key(number)) for number in range(20)])


async def test_what_was_popular_once_makes_room_in_the_end() -> None:
    store = MemoryStore(max_bytes=50 * STORED.size)
    for start in (0, 100):
        for number in range(start, start + 45):
            await store.put(key(number), STORED)
            await store.get(key(number))

    assert not await store.get(key(0))
    assert await store.get(key(140))


async def test_variants_of_one_key_live_together_up_to_a_bound() -> None:
    store = MemoryStore()
    for number in range(40):
        selection = ((b"accept-language", b"%d" % number),)
        await store.put(key(1), replace(STORED, selection=selection))
        await store.put(key(1), replace(STORED, selection=selection))

    variants = await store.get(key(1))

    assert [one.selection[0][1] for one in variants] == [
        b"%d" % n for n in range(24, 40)
    ]


async def test_what_would_fill_the_store_alone_is_not_kept() -> None:
    store = MemoryStore(max_bytes=5000)

    await store.put(key(1), STORED)

    assert (len(store), store.bytes) == (0, 0)


def run(step: Coroutine[Any, Any, Result]) -> Result:
    return asyncio.run(step)


class AnyUse(RuleBasedStateMachine):
    """Bytes are counted exactly and never exceed the bound; nothing wrong is found."""

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryStore(max_bytes=20_000)
        self.last: dict[CacheKey, bytes] = {}

    @rule(number=st.integers(0, 9), size=st.integers(0, 1500), post=st.booleans())
    def put(self, number: int, size: int, *, post: bool) -> None:
        place = key(number, "POST" if post else "GET")
        body = bytes(size)
        run(self.store.put(place, replace(STORED, body=body)))
        self.last[place] = body

    @rule(number=st.integers(0, 9), post=st.booleans())
    def get(self, number: int, *, post: bool) -> None:
        place = key(number, "POST" if post else "GET")
        for found in run(self.store.get(place)):
            assert found.body == self.last[place]

    @rule(number=st.integers(0, 9))
    def invalidate(self, number: int) -> None:
        run(self.store.invalidate("u", f"/{number}"))
        assert not run(self.store.get(key(number)))

    @rule(number=st.integers(0, 9))
    def purge(self, number: int) -> None:
        run(self.store.purge(Purge(upstream="u", path_prefix=f"/{number}")))
        assert not run(self.store.get(key(number, "POST")))

    @invariant()
    def the_bound_holds(self) -> None:
        assert 0 <= self.store.bytes <= 20_000
        assert bool(self.store.bytes) is bool(len(self.store))


TestAnyUse = AnyUse.TestCase
TestAnyUse.settings = settings(max_examples=30)
