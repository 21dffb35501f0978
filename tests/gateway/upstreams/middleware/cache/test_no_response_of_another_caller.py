"""No response holds another caller's values, wherever it is stored or shared.

20,000 cases are in tests/verify/cache.
"""

import asyncio
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from tests.support.echo import (
    ALL_FORWARDED,
    ASKINGS,
    POLICIES,
    RULES,
    Asking,
    Caller,
    SharedRedis,
    ask_in_memory,
    shared_redis,
)
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.middleware.cache.stored import CacheKey, StoredResponse
from weir.gateway.upstreams.model.header_rules import HeaderRules
from weir.gateway.upstreams.model.policy import CachePolicy


@pytest.fixture(scope="module")
def redis() -> Iterator[SharedRedis]:
    with shared_redis() as shared:
        yield shared


@settings(max_examples=300)
@given(askings=ASKINGS, policy=POLICIES, rules=st.just(ALL_FORWARDED) | RULES)
def test_in_memory(
    askings: list[Asking], policy: CachePolicy, rules: HeaderRules
) -> None:
    asyncio.run(ask_in_memory(askings, policy, rules=rules))


@settings(max_examples=100)
@given(askings=ASKINGS, policy=POLICIES)
def test_in_redis(
    redis: SharedRedis, askings: list[Asking], policy: CachePolicy
) -> None:
    redis.ask_all(askings, policy)


class Merging(MemoryStore):
    """A broken store: it ignores one part of the key."""

    def __init__(self, part: str) -> None:
        super().__init__()
        self._part = part

    async def get(self, *keys: CacheKey) -> tuple[StoredResponse, ...]:
        return await super().get(*map(self._merged, keys))

    async def put(
        self, key: CacheKey, stored: StoredResponse, since: int | None = None
    ) -> None:
        await super().put(self._merged(key), stored, since)

    def _merged(self, key: CacheKey) -> CacheKey:
        if self._part == "identity":
            return structs.replace(key, identity=b"")
        return structs.replace(key, partition="")


ADA, BOB = (Caller(forwarded=(("x-user-id", name),)) for name in ("ada", "bob"))
SILENT: Sequence[tuple[str, str]] = ()
MAX_AGE = (("cache-control", "max-age=60"),)


@pytest.mark.parametrize(
    ("part", "callers"),
    [
        ("identity", (ADA, BOB)),
        ("partition", (Caller(partition="ada"), Caller(partition="bob"))),
    ],
)
@pytest.mark.parametrize(
    ("says", "policy"),
    [(SILENT, CachePolicy(ttl_s=30.0)), (MAX_AGE, CachePolicy())],
    ids=["ttl", "max-age"],
)
async def test_a_store_that_ignores_part_of_the_key_is_noticed(
    part: str,
    callers: tuple[Caller, Caller],
    says: tuple[tuple[str, str], ...],
    policy: CachePolicy,
) -> None:
    askings = [Asking(callers=((caller, False),), says=says) for caller in callers]

    await ask_in_memory(askings, policy)
    with pytest.raises(AssertionError):
        await ask_in_memory(askings, policy, Merging(part))
