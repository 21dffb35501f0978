"""Conditions, a client's and the cache's own; sections are RFC 9111's."""

import pytest
from msgspec import structs

from tests.support.cached import CachedOrigin, fields, reply
from tests.support.calls import upstream_request
from weir.gateway.headers import header

GET = upstream_request("GET", "/titles/1")
POST = upstream_request("POST", "/graphql", body=b"{}")
MODIFIED = "Last-Modified: Sun, 15 Jun 2025 15:00:00 GMT"
FRESH = "Cache-Control: max-age=60"


@pytest.mark.parametrize(
    ("stored", "asked", "status"),
    [
        (('ETag: "a"',), ('If-None-Match: "a"',), 304),
        (('ETag: "a"',), ('If-None-Match: "b"',), 200),
        (('ETag: "a"',), ('If-None-Match: "b", W/"a"',), 304),
        (('ETag: "a"',), ('If-None-Match: "b"', 'If-None-Match: "a"'), 304),
        (('ETag: W/"a"',), ('If-None-Match: "a"',), 304),
        (('ETag: "a,b"',), ('If-None-Match: "a", "b"',), 200),
        ((), ("If-None-Match: *",), 304),
        ((), ('If-None-Match: "a"',), 200),
        ((MODIFIED,), ("If-Modified-Since: Sun, 15 Jun 2025 15:00:00 GMT",), 304),
        ((MODIFIED,), ("If-Modified-Since: Sun, 15 Jun 2025 14:59:59 GMT",), 200),
        ((MODIFIED,), ("If-Modified-Since: yesterday",), 200),
        (
            (MODIFIED, 'ETag: "a"'),
            ("If-Modified-Since: Sun, 15 Jun 2025 15:00:00 GMT", 'If-None-Match: "b"'),
            200,
        ),
    ],
)
async def test_4_3_2_a_cache_answers_conditions_by_what_it_has(
    stored: tuple[str, ...], asked: tuple[str, ...], status: int
) -> None:
    cached = CachedOrigin(reply(FRESH, "Content-Type: text/plain", *stored))
    await cached.answer(GET)

    answer = await cached.answer(structs.replace(GET, headers=fields(*asked)))

    assert answer.status == status
    assert answer.body == (b'{"n":1}' if status == 200 else b"")
    assert (header(answer.headers, b"content-type") is None) is (status == 304)
    assert header(answer.headers, b"cache-control") == b"max-age=60"
    assert header(answer.headers, b"x-cache") == b"HIT"


async def test_a_stored_error_is_no_answer_to_a_condition() -> None:
    cached = CachedOrigin(reply(FRESH, 'ETag: "a"', status=404))
    await cached.answer(GET)

    answer = await cached.answer(
        structs.replace(GET, headers=fields('If-None-Match: "a"'))
    )

    assert answer.status == 404


async def test_a_client_s_condition_reaches_the_service_where_nothing_is_stored() -> (
    None
):
    cached = CachedOrigin(reply(status=304), reply(FRESH, 'ETag: "b"'))
    asked = structs.replace(GET, headers=fields('If-None-Match: "a"'))

    first = await cached.answer(asked)
    second = await cached.answer(asked)

    assert (first.status, second.status) == (304, 200)
    assert [each.headers for each in cached.origin.asked] == [asked.headers] * 2
    assert (await cached.ask(GET)) == (second.body, "HIT")


@pytest.mark.parametrize("by", ["the caller", "the client"])
async def test_the_cache_asks_for_what_it_has_and_answers_for_what_the_client_has(
    by: str,
) -> None:
    cached = CachedOrigin(
        reply(FRESH, 'ETag: "ours"'), reply(FRESH, 'ETag: "ours"', status=304)
    )
    await cached.answer(GET)
    cached.clock.advance(61)
    theirs = fields('If-None-Match: "theirs"', "If-Modified-Since: never")
    own, forwarded = (theirs, ()) if by == "the caller" else ((), theirs)

    answer = await cached.answer(structs.replace(GET, headers=own), forwarded)

    assert cached.origin.asked[1].headers == fields('If-None-Match: "ours"')
    assert cached.origin.forwarded[1] == ()
    assert (answer.status, answer.body) == (200, b'{"n":1}')


async def test_a_condition_in_a_safe_post_is_left_to_the_service() -> None:
    cached = CachedOrigin(reply(FRESH, 'ETag: "a"'))
    await cached.answer(POST)

    asked = structs.replace(POST, headers=fields('If-None-Match: "a"'))

    assert (await cached.ask(asked))[1] == "BYPASS"


async def test_4_3_4_a_304_about_something_else_changes_nothing() -> None:
    cached = CachedOrigin(
        reply(FRESH, 'ETag: "a"', "X-Version: 1"),
        reply(FRESH, 'ETag: "b"', "X-Version: 2", status=304),
    )
    await cached.answer(GET)
    cached.clock.advance(61)

    answer = await cached.answer(GET)

    assert header(answer.headers, b"x-version") == b"1"
    assert header(answer.headers, b"etag") == b'"a"'
    assert (await cached.ask(GET))[1] == "REVALIDATED"


async def test_3_2_a_304_replaces_what_it_says_but_not_how_long_the_body_is() -> None:
    cached = CachedOrigin(
        reply(FRESH, 'ETag: "a"', "Content-Type: text/plain", "Content-Length: 7"),
        reply(FRESH, "Content-Type: text/csv", "Content-Length: 0", status=304),
    )
    await cached.answer(GET)
    cached.clock.advance(61)

    answer = await cached.answer(GET)

    assert header(answer.headers, b"content-type") == b"text/csv"
    assert header(answer.headers, b"content-length") == b"7"


async def test_4_2_3_a_304_begins_a_new_age() -> None:
    cached = CachedOrigin(
        reply(FRESH, 'ETag: "a"', "Age: 40"), reply(FRESH, status=304)
    )
    await cached.answer(GET)
    cached.clock.advance(61)
    await cached.answer(GET)
    cached.clock.advance(50)

    answer = await cached.answer(GET)

    assert header(answer.headers, b"x-cache") == b"HIT"
    assert header(answer.headers, b"age") == b"50"


async def test_1_2_2_an_age_beyond_all_numbers_is_long() -> None:
    cached = CachedOrigin(
        reply(FRESH, f"Age: {'9' * 400}", 'ETag: "a"'),
        reply(FRESH, 'ETag: "a"', f"Age: {'9' * 400}", status=304),
    )
    await cached.answer(GET)

    answer = await cached.answer(GET)

    assert header(answer.headers, b"age") == b"2147483648"


async def test_3_1_what_concerns_a_connection_is_not_stored() -> None:
    cached = CachedOrigin(
        reply(
            FRESH,
            "Connection: close, x-secret",
            "X-Secret: 1",
            "Proxy-Authenticate: Basic",
            "Proxy-Authentication-Info: 1",
            "X-Kept: 1",
        )
    )
    await cached.answer(GET)

    answer = await cached.answer(GET)

    names = {name for name, _ in answer.headers}
    assert names == set(b"age cache-control cache-status date x-cache x-kept".split())
