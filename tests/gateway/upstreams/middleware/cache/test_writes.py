"""What a call that changes something makes a cache forget (RFC 9111 section 4.4)."""

import asyncio

import pytest
from msgspec import structs

from tests.gateway.upstreams.middleware.cache.test_store_contract import STORED, key
from tests.support.cached import CachedOrigin, fields, reply
from tests.support.calls import upstream_request
from tests.support.redis_server import running_redis
from tests.support.redis_stores import eventually, sharing
from weir.gateway.transport.errors import (
    UpstreamConnectFailed,
    UpstreamConnectionLost,
    UpstreamError,
    UpstreamTimeout,
)
from weir.gateway.transport.message import UpstreamRequest
from weir.gateway.upstreams.middleware.cache.writes import outdated_paths

GET = upstream_request("GET", "/titles/1")
QUERY = upstream_request("POST", "/graphql", body=b'{"query":"{a}"}')
MUTATION = upstream_request("POST", "/graphql", safe=False, body=b"{}")
FRESH = "Cache-Control: max-age=60"


@pytest.mark.parametrize(
    ("pointer", "paths"),
    [
        ("Location: /titles/7", ("/titles", "/titles/7")),
        ("Content-Location: /titles/7?full=1", ("/titles", "/titles/7?full=1")),
        ("Location: 7#top", ("/titles", "/7")),
        ("Location: /titles", ("/titles",)),
        ("Location: http://a:1/titles/7", ("/titles", "/titles/7")),
        ("Location: //a:1/titles/7", ("/titles", "/titles/7")),
        ("Location: https://a:1/titles/7", ("/titles",)),
        ("Location: http://b:1/titles/7", ("/titles",)),
        ("Location: http://[broken/titles/7", ("/titles",)),
        ("Location: ", ("/titles",)),
    ],
)
def test_what_a_write_points_to_is_outdated_within_its_origin(
    pointer: str, paths: tuple[str, ...]
) -> None:
    request = upstream_request("POST", "/titles", safe=False)
    answer = structs.replace(reply(pointer, status=201), instance="http://a:1")

    assert outdated_paths(request, answer) == paths


async def test_a_created_thing_is_asked_for_anew() -> None:
    cached = CachedOrigin(
        reply(FRESH), reply("Location: /titles/1", status=201), reply(FRESH)
    )
    await cached.answer(GET)

    await cached.answer(structs.replace(GET, method="POST", path="/titles", safe=False))

    assert (await cached.ask(GET))[1] == "MISS"


@pytest.mark.parametrize("field", ["Surrogate-Key: title-1 x", "Cache-Tag: x, TITLE-1"])
@pytest.mark.parametrize("request_", [GET, QUERY], ids=["GET", "safe POST"])
async def test_the_tags_of_a_write_s_answer_are_forgotten(
    field: str, request_: UpstreamRequest
) -> None:
    cached = CachedOrigin(
        reply(FRESH, "Surrogate-Key: titles title-1"), reply(field), reply(FRESH)
    )
    await cached.answer(request_)

    await cached.answer(MUTATION)

    assert (await cached.ask(request_))[1] == "MISS"


async def test_a_write_forgets_no_query_that_it_does_not_name() -> None:
    cached = CachedOrigin(
        reply(FRESH, "Surrogate-Key: title-1"), reply("Surrogate-Key: title-2")
    )
    await cached.answer(QUERY, fields("Accept-Language: de"))

    await cached.answer(MUTATION)

    assert (await cached.ask(QUERY, fields("Accept-Language: de")))[1] == "HIT"


async def test_a_write_that_failed_names_nothing() -> None:
    cached = CachedOrigin(
        reply(FRESH, "Surrogate-Key: title-1"),
        reply("Surrogate-Key: title-1", "Location: /titles/1", status=409),
    )
    await cached.answer(GET)

    await cached.answer(MUTATION)

    assert (await cached.ask(GET))[1] == "HIT"


@pytest.mark.parametrize("request_", [GET, QUERY], ids=["GET", "safe POST"])
async def test_the_reads_of_a_mutation_do_not_use_the_cache(
    request_: UpstreamRequest,
) -> None:
    cached = CachedOrigin(reply(FRESH))
    assert await cached.ask(request_) == (b'{"n":1}', "MISS")

    assert await cached.read_in_mutation(request_) == b'{"n":2}'

    assert await cached.ask(request_) == (b'{"n":2}', "HIT")


async def test_a_mutation_does_not_get_a_stale_response_for_a_failed_read() -> None:
    cached = CachedOrigin(
        reply(f"{FRESH}, stale-if-error=600"), UpstreamConnectionLost()
    )
    await cached.answer(GET)

    with pytest.raises(UpstreamConnectionLost):
        await cached.read_in_mutation(GET)


async def test_a_response_from_before_a_mutation_s_read_does_not_replace_it() -> None:
    cached = CachedOrigin(reply(FRESH))
    cached.origin.gate.clear()
    before = asyncio.create_task(cached.ask(QUERY))
    await asyncio.sleep(0)
    within = asyncio.create_task(cached.read_in_mutation(QUERY))
    await asyncio.sleep(0)
    cached.origin.gate.set()

    assert await before == (b'{"n":1}', "MISS")
    assert await within == b'{"n":2}'
    assert (await cached.ask(QUERY))[0] != b'{"n":1}'


async def test_a_write_without_tags_invalidates_all_queries_of_its_path() -> None:
    cached = CachedOrigin(reply(FRESH, "Surrogate-Key: title-1"), reply(), reply(FRESH))
    elsewhere = structs.replace(QUERY, path="/other")
    await cached.answer(QUERY)
    await cached.answer(MUTATION)

    assert await cached.ask(QUERY) == (b'{"n":3}', "MISS")
    await cached.answer(elsewhere)
    await cached.answer(MUTATION)
    assert await cached.ask(elsewhere) == (b'{"n":4}', "HIT")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (UpstreamTimeout(), "MISS"),
        (asyncio.CancelledError(), "MISS"),
        (UpstreamConnectFailed(), "HIT"),
    ],
    ids=["may have been processed", "its client has left", "was not sent"],
)
async def test_a_write_without_a_response_invalidates_if_it_was_sent(
    error: UpstreamError | asyncio.CancelledError, outcome: str
) -> None:
    cached = CachedOrigin(reply(FRESH), error, reply(FRESH))
    await cached.answer(QUERY)

    with pytest.raises(type(error)):
        await cached.answer(MUTATION)

    assert (await cached.ask(QUERY))[1] == outcome


async def test_an_invalidated_key_is_removed_from_the_copies_of_all_processes() -> None:
    async with running_redis() as server, sharing(server) as (one, other):
        await one.put(key("/1"), STORED)

        async def arrived() -> bool:
            return bool(await other.get(key("/1")))

        await eventually(arrived)
        await one.invalidate_keys(key("/1"), key("/1"))

        async def gone() -> bool:
            return not await other.get(key("/1"))

        # Sooner than after the seconds for which a copy is trusted.
        await eventually(gone, within_s=30)
        assert await one.get(key("/1")) == ()


async def test_an_answer_that_a_write_overtook_is_given_but_not_kept() -> None:
    cached = CachedOrigin(reply(FRESH))
    cached.origin.gate.clear()
    reading = asyncio.create_task(cached.ask(GET))
    await asyncio.sleep(0)

    await cached.answer(structs.replace(GET, method="PUT", safe=False))
    cached.origin.gate.set()

    assert await reading == (b'{"n":1}', "MISS")
    assert await cached.ask(GET) == (b'{"n":3}', "MISS")
    assert await cached.ask(GET) == (b'{"n":3}', "HIT")


async def test_what_another_process_forgot_meanwhile_is_not_kept() -> None:
    async with running_redis() as server, sharing(server) as (one, other):
        since = other.sequence
        await one.invalidate("u", "/1")

        async def heard() -> bool:
            return other.sequence > since

        await eventually(heard)
        await other.put(key("/1"), STORED, since)

        assert await other.get(key("/1")) == ()
        assert await one.get(key("/1")) == ()
