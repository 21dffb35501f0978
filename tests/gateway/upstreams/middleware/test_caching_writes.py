"""What a call that changes something makes a cache forget (RFC 9111 section 4.4)."""

from dataclasses import replace

import pytest

from gateway.upstreams.caching.writes import outdated_paths
from gateway.upstreams.call import UpstreamRequest
from tests.support.cached import CachedOrigin, fields, reply
from tests.support.calls import upstream_request

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
    answer = replace(reply(pointer, status=201), instance="http://a:1")

    assert outdated_paths(request, answer) == paths


async def test_a_created_thing_is_asked_for_anew() -> None:
    cached = CachedOrigin(
        reply(FRESH), reply("Location: /titles/1", status=201), reply(FRESH)
    )
    await cached.answer(GET)

    await cached.answer(replace(GET, method="POST", path="/titles", safe=False))

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
