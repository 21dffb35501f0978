"""What several processes see of one Redis, and what happens without it."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from random import randbytes

import pytest

from tests.gateway.upstreams.middleware.cache.test_store_contract import (
    STORED,
    answered,
    key,
)
from tests.support.fake_clock import WrongClock
from tests.support.redis_server import RedisServer, running_redis
from tests.support.redis_stores import (
    SharingStore,
    eventually,
    sharing,
    until_available,
)
from weir.gateway.clock import SystemClock
from weir.gateway.events import SharedStoreChanged
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.middleware.cache.stored import CacheKey, StoredResponse


@pytest.fixture
async def server() -> AsyncIterator[RedisServer]:
    async with running_redis() as running:
        yield running


async def finds(store: SharingStore, place: CacheKey) -> None:
    async def holds() -> bool:
        return bool(await store.get(place))

    await eventually(holds)


async def finds_nothing(store: SharingStore, place: CacheKey) -> None:
    async def holds() -> bool:
        return not await store.get(place)

    # Long before a copy is no longer trusted anyway.
    await eventually(holds, within_s=2)


async def test_what_one_process_stored_the_others_are_given(
    server: RedisServer,
) -> None:
    async with sharing(server) as (one, other):
        await one.put(key("/1"), STORED)

        await finds(other, key("/1"))

        assert await other.get(key("/1")) == (STORED,)


async def test_redis_is_asked_once_for_what_is_asked_often(
    server: RedisServer,
) -> None:
    async with sharing(server) as (one, other):
        await one.put(key("/1"), STORED)
        await finds(other, key("/1"))
        before = len(other.sink.asked)

        for _ in range(100):
            await other.get(key("/1"))
            await one.get(key("/1"))

        assert len(other.sink.asked) == before
        assert one.sink.asked == []


FORGETTING = [Purge(upstream="u"), Purge(upstream="u", tag="red"), "invalidate"]


@pytest.mark.parametrize("how", FORGETTING, ids=str)
async def test_what_one_process_forgets_the_others_forget_at_once(
    server: RedisServer, how: Purge | str
) -> None:
    async with sharing(server, 3) as stores:
        await stores[0].put(key("/1"), answered("x", "red"))
        for store in stores:
            await finds(store, key("/1"))

        if isinstance(how, Purge):
            await stores[1].purge(how)
        else:
            await stores[1].invalidate("u", "/1")

        for store in stores:
            await finds_nothing(store, key("/1"))


async def test_a_response_that_is_invalidated_while_it_is_encoded_is_not_shared(
    server: RedisServer,
) -> None:
    large = replace(STORED, body=randbytes(1024 * 1024))  # noqa: S311 - not a secret
    async with sharing(server) as (one, other):
        storing = asyncio.create_task(one.put(key("/1"), large, one.sequence))
        await asyncio.sleep(0)
        assert await one.get(key("/1")) == (large,), "the copy is stored first"

        await one.invalidate("u", "/1")
        await storing

        await one.put(key("/2"), STORED)
        await finds(other, key("/2"))
        assert await other.get(key("/1")) == ()


async def test_what_varies_by_credentials_does_not_leave_the_process(
    server: RedisServer,
) -> None:
    secret = replace(STORED, selection=((b"authorization", b"Bearer s3cret"),))
    async with sharing(server) as (one, other):
        await one.put(key("/1"), secret)
        await one.remove(key("/2"))

        assert await other.get(key("/1")) == ()
        assert await one.get(key("/1")) == (secret,)


async def test_a_store_whose_wall_clock_is_behind_uses_no_record_from_its_future(
    server: RedisServer,
) -> None:
    behind = SharingStore(server.url, clock=WrongClock(-3600))
    async with sharing(server, 1) as (store,):
        await behind.start()
        await store.put(key("/1"), STORED)
        await finds(store, key("/1"))

        assert await behind.get(key("/1")) == ()

        await behind.close()


async def test_setting_the_wall_clock_does_not_change_the_age_of_copies(
    server: RedisServer,
) -> None:
    clock = WrongClock(0.0)
    store = SharingStore(server.url, clock=clock)
    await store.start()
    await store.put(key("/1"), STORED)
    before = await store.get(key("/1"))

    for ahead_s in (-3.0, 3600.0):
        clock.ahead_s = ahead_s
        store.lose_link()
        await until_available(store, available=False)
        await until_available(store)

        (found,) = await store.get(key("/1"))
        assert found.received_s == before[0].received_s

    await store.close()


async def test_what_is_over_in_redis_leaves_nothing_behind(
    server: RedisServer,
) -> None:
    short = replace(
        STORED,
        lifetime_s=1.5,
        initial_age_s=0.0,
        stale_if_error_s=0.0,
        stale_while_revalidate_s=0.0,
    )
    async with sharing(server) as (store, other):
        for number in range(50):
            stored = replace(
                short,
                received_s=SystemClock.monotonic_s(),
                received_epoch_s=SystemClock.epoch_s(),
                tags=frozenset({"t"}),
            )
            await store.put(key(f"/{number}"), stored)

        await finds(other, key("/49"))

        async def is_empty() -> bool:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"DBSIZE\r\n")
            line = await reader.readline()
            writer.close()
            return line == b":0\r\n"

        await eventually(is_empty)


async def test_without_redis_requests_go_on_with_the_copies_at_once(
    server: RedisServer,
) -> None:
    async with sharing(server, 1, timeout_s=10) as (store,):
        await store.put(key("/1"), STORED)
        await server.kill()
        await until_available(store, available=False)
        started_s = time.monotonic()

        await store.put(key("/2"), STORED)
        await store.remove(key("/3"))
        await store.invalidate("u", "/4")

        assert await store.get(key("/1")) == await store.get(key("/2")) == (STORED,)
        assert await store.purge(Purge(upstream="u")) == 2
        assert time.monotonic() - started_s < 10
        assert store.sink.availability == [True, False]


async def test_redis_coming_back_is_used_again(server: RedisServer) -> None:
    async with sharing(server) as (one, other):
        await server.kill()
        await until_available(one, available=False)
        await server.start()
        await until_available(one)
        await until_available(other)

        await one.put(key("/1"), STORED)

        await finds(other, key("/1"))
        assert one.sink.availability == [True, False, True]


async def test_what_others_forgot_while_the_link_was_lost_is_not_believed(
    server: RedisServer,
) -> None:
    async with sharing(server) as (one, other):
        await one.put(key("/1"), STORED)
        await finds(other, key("/1"))
        other.lose_link()
        await one.purge(Purge(upstream="u"))
        await until_available(other)

        # Its copy would have been believed for seconds yet.
        assert await other.get(key("/1")) == ()


async def test_after_redis_came_back_what_one_forgets_all_forget_at_once(
    server: RedisServer,
) -> None:
    async with sharing(server, 3) as stores:
        await server.kill()
        for store in stores:
            await until_available(store, available=False)
        await server.start()
        for store in stores:
            await until_available(store)
        await stores[0].put(key("/1"), answered("x", "red"))
        for store in stores:
            await finds(store, key("/1"))

        await stores[1].invalidate("u", tags=("red",))

        for store in stores:
            await finds_nothing(store, key("/1"))


async def test_what_was_forgotten_without_redis_is_forgotten_in_it_afterwards(
    server: RedisServer,
) -> None:
    async with sharing(server) as (one, other):
        for path in ("/1", "/2", "/3"):
            await one.put(key(path), answered("x", "red" if path == "/2" else "blue"))
            await finds(other, key(path))
        server.freeze()
        await one.invalidate("u", "/1")
        purge = asyncio.create_task(one.purge(Purge(upstream="u", tag="red")))
        await until_available(one, available=False)
        await purge
        server.thaw()
        await until_available(one)
        await until_available(other)

        await finds_nothing(other, key("/1"))
        await finds_nothing(other, key("/2"))
        assert await other.get(key("/3"))


async def test_a_frozen_redis_costs_those_who_wait_the_timeout_and_others_nothing(
    server: RedisServer,
) -> None:
    async with sharing(server, 1, timeout_s=1) as (store,):
        server.freeze()
        waits_s: list[float] = []
        while store.available:
            started_s = time.monotonic()
            assert await store.get(key("/unknown")) == ()
            waits_s.append(time.monotonic() - started_s)
            await asyncio.sleep(0.005)

        assert waits_s[0] > 0.9
        assert len(waits_s) > 5
        assert max(waits_s[1:]) < 0.9
        started_s = time.monotonic()
        assert await store.get(key("/unknown")) == ()
        assert time.monotonic() - started_s < 0.9
        server.thaw()
        await until_available(store)


async def test_a_redis_that_is_late_once_is_asked_again(server: RedisServer) -> None:
    async with sharing(server, 1, timeout_s=0.2) as (store,):
        server.freeze()
        assert await store.get(key("/unknown")) == ()
        server.thaw()

        async def answers() -> bool:
            await store.get(key("/unknown"))
            return store.sink.asked[-1] == "miss"

        await eventually(answers)
        assert store.sink.availability == [True]


async def test_a_write_waits_for_a_frozen_redis_no_longer_than_a_read(
    server: RedisServer,
) -> None:
    async with sharing(server, 1, timeout_s=0.5) as (store,):
        server.freeze()
        started_s = time.monotonic()

        await store.invalidate("u", "/1", "/2", tags=("a", "b"))

        assert time.monotonic() - started_s < 1.5
        server.thaw()


async def test_an_unreachable_redis_is_no_reason_not_to_start() -> None:
    async with sharing(RedisServer(), 1, available=False) as (store,):
        await store.put(key("/1"), STORED)

        assert await store.get(key("/1")) == (STORED,)
        assert store.sink.availability == [False]


async def test_a_redis_that_never_answers_is_no_reason_not_to_start() -> None:
    # The system accepts the connection; nobody answers.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        store = SharingStore(f"redis://127.0.0.1:{listener.getsockname()[1]}")
        async with asyncio.timeout(20):
            await store.start()
        await store.close()

    assert store.sink.availability == [False]


async def test_no_secret_is_told_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with running_redis("right-s3cret") as server:
        wrong = SharingStore(server.url.replace("right", "wrong"))
        await wrong.start()
        async with sharing(server, 1) as (right,):
            await right.put(key("/1"), answered("x"))
            assert right.available
            await server.kill()
            await until_available(right, available=False)
        await wrong.close()

    told = [*caplog.messages, repr(wrong.sink.events), repr(right.sink.events)]
    assert not wrong.available
    assert "s3cret" not in "".join(told)


async def test_a_redis_that_refuses_says_why() -> None:
    async with running_redis() as server, sharing(server, 1) as (store,):
        await tell(server, "CONFIG SET maxmemory 1")
        for number in range(20):
            await store.put(key(f"/{number}"), STORED)

        async def holds() -> bool:
            return any(
                isinstance(event, SharedStoreChanged)
                and event.reason == "error: OutOfMemoryError"
                for event in store.sink.events
            )

        await eventually(holds)
        assert await store.get(key("/1")) == (STORED,)


async def tell(server: RedisServer, command: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(command.encode() + b"\r\n")
    assert await reader.readline() == b"+OK\r\n"
    writer.close()


async def test_a_thousand_at_once_are_each_given_their_own(
    server: RedisServer,
) -> None:
    async with sharing(server, timeout_s=5) as (one, other):
        for number in range(1000):
            await one.put(key(f"/{number}"), answered(f"{number}"))
        await one.remove(key("/none"))

        found = await asyncio.gather(
            *(other.get(key(f"/{number}")) for number in range(1000))
        )

        assert [variants[0].body for variants in found] == [
            b"%d" % number for number in range(1000)
        ]


async def test_who_leaves_early_disturbs_nobody(server: RedisServer) -> None:
    async with sharing(server, timeout_s=5) as (one, other):
        for number in range(100):
            await one.put(key(f"/{number}"), answered(f"{number}"))
        await one.remove(key("/none"))
        asked = [
            asyncio.create_task(other.get(key(f"/{number}"))) for number in range(100)
        ]
        await asyncio.sleep(0)
        for task in asked[::2]:
            task.cancel()

        outcomes = await asyncio.gather(*asked, return_exceptions=True)

        assert all(isinstance(each, asyncio.CancelledError) for each in outcomes[::2])
        assert [body(each) for each in outcomes[1::2]] == [
            b"%d" % number for number in range(1, 100, 2)
        ]


def body(outcome: tuple[StoredResponse, ...] | BaseException) -> bytes:
    assert isinstance(outcome, tuple)
    return outcome[0].body
