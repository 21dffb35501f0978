"""Texts that gateways share in a real Redis."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256

import pytest

from tests.support.conditions import until
from tests.support.redis_server import RedisServer, running_redis
from tests.support.shared_limits import LimitProcess
from weir.gateway.events import SharedStoreFallback
from weir.gateway.shared_store.hashed_texts import HashedTexts

TEXT = "{ title(id: 1) { name } } # \u00e9"
HASH = sha256(TEXT.encode()).hexdigest()


@asynccontextmanager
async def process(
    server: RedisServer,
) -> AsyncIterator[tuple[LimitProcess, HashedTexts]]:
    own = LimitProcess(server.url, "p")
    await own.store.start()
    try:
        yield own, HashedTexts(own.store, "persisted_queries")
    finally:
        await own.store.close()


def fallbacks(own: LimitProcess) -> list[str]:
    events = own.sink.events
    return [each.user for each in events if isinstance(each, SharedStoreFallback)]


async def test_a_text_is_known_to_other_gateways_for_a_day() -> None:
    async with running_redis() as server, process(server) as (own, texts):
        texts.put(HASH, TEXT)
        async with process(server) as (_, others):
            assert await others.get(HASH) == TEXT
            assert await others.get("0" * 64) is None
        key = f"weir:persisted_queries:{HASH}"
        assert await own.connection.send_untimed("TTL", key) in range(86_300, 86_401)


@pytest.mark.parametrize("poison", ["{ other }", "", "\udcff", "x" * 2_000_000])
async def test_a_text_that_has_another_hash_is_not_used(poison: str) -> None:
    content = poison.encode("utf-8", "surrogateescape")
    async with running_redis() as server, process(server) as (own, texts):
        key = f"weir:persisted_queries:{HASH}"
        await own.connection.send_untimed("SET", key, content)

        assert await texts.get(HASH) is None
        texts.put(HASH, TEXT)
        assert await texts.get(HASH) == TEXT


async def test_bytes_that_are_not_a_text_are_not_used() -> None:
    content = b"\xff"
    own_hash = sha256(content).hexdigest()
    async with running_redis() as server, process(server) as (own, texts):
        key = f"weir:persisted_queries:{own_hash}"
        await own.connection.send_untimed("SET", key, content)

        assert await texts.get(own_hash) is None


@pytest.mark.parametrize("wrong", ["", "x" * 1_000_000, HASH.upper(), f"{HASH}\n"])
async def test_what_is_not_a_hash_is_no_call(wrong: str) -> None:
    async with running_redis() as server, process(server) as (own, texts):
        server.freeze()

        assert await texts.get(wrong) is None
        assert fallbacks(own) == []


async def test_without_redis_no_text_is_known_and_it_is_counted() -> None:
    async with running_redis() as server, process(server) as (own, texts):
        server.freeze()
        async with asyncio.timeout(30):
            assert await texts.get(HASH) is None
        await server.kill()
        await until(lambda: own.store.connection is None)
        texts.put(HASH, TEXT)
        assert await texts.get(HASH) is None

    assert fallbacks(own) == ["persisted_queries"] * 3
