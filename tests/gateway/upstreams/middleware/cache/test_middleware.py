"""A shared cache by RFC 9111, case by case; sections are the RFC's."""

import asyncio
from dataclasses import dataclass

import pytest
from msgspec import structs

from tests.support.cached import CachedOrigin, fields, reply
from tests.support.calls import upstream_request
from weir.gateway.headers import header
from weir.gateway.http_time import MAX_DELTA_S
from weir.gateway.transport.errors import CircuitOpen, UpstreamUnavailable
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.model.policy import CachePolicy

GET = upstream_request("GET", "/titles/1")


EPOCH_DATE = "Date: Sun, 15 Jun 2025 15:06:40 GMT"  # the fake clock's zero


@dataclass(frozen=True)
class Case:
    """A first answer, a wait, and whether the second request needs the origin."""

    claim: str
    response: tuple[str, ...]
    hit: bool
    wait_s: float = 0.0
    request: tuple[str, ...] = ()
    second: tuple[str, ...] | None = None
    status: int = 200


CASES = (
    Case("3: max-age makes an answer fresh", ("Cache-Control: max-age=60",), hit=True),
    Case("4.2: not beyond it", ("Cache-Control: max-age=60",), hit=False, wait_s=60.0),
    Case(
        "5.2.2.10: s-maxage wins over max-age",
        ("Cache-Control: max-age=1, s-maxage=60",),
        hit=True,
        wait_s=30.0,
    ),
    Case(
        "5.2.2.10: also where it is less",
        ("Cache-Control: max-age=60, s-maxage=1",),
        hit=False,
        wait_s=30.0,
    ),
    Case(
        "5.3: Expires counts from Date",
        (EPOCH_DATE, "Expires: Sun, 15 Jun 2025 15:07:40 GMT"),
        hit=True,
        wait_s=59.0,
    ),
    Case(
        "5.3: and ends",
        (EPOCH_DATE, "Expires: Sun, 15 Jun 2025 15:07:40 GMT"),
        hit=False,
        wait_s=61.0,
    ),
    Case(
        "5.3: max-age wins over Expires",
        (
            EPOCH_DATE,
            "Expires: Sun, 15 Jun 2025 15:07:40 GMT",
            "Cache-Control: max-age=1",
        ),
        hit=False,
        wait_s=30.0,
    ),
    Case("5.3: an invalid date is in the past", ("Expires: 0",), hit=False),
    Case("4.2.1: without explicit freshness nothing is kept", (), hit=False),
    Case(
        "4.2.1: invalid freshness is staleness",
        ("Cache-Control: max-age=abc",),
        hit=False,
    ),
    Case("4.2.1: a negative age, too", ("Cache-Control: max-age=-5",), hit=False),
    Case(
        "1.2.2: an age beyond all numbers is long",
        (f"Cache-Control: max-age={'9' * 60}",),
        hit=True,
        wait_s=1e6,
    ),
    Case(
        "5.2: directives are case-insensitive", ("cache-control: MAX-AGE=60",), hit=True
    ),
    Case("5.2: arguments may be quoted", ('Cache-Control: max-age="60"',), hit=True),
    Case(
        "5.2: fields combine",
        ("Cache-Control: public", "Cache-Control: max-age=60"),
        hit=True,
    ),
    Case(
        "5.2: a quoted string hides what it holds",
        ('Cache-Control: ext="a, no-store", max-age=60',),
        hit=True,
    ),
    Case("5.2.2.5: no-store", ("Cache-Control: no-store, max-age=60",), hit=False),
    Case("5.2.2.7: private", ("Cache-Control: private, max-age=60",), hit=False),
    Case(
        "5.2.2.7: private with fields",
        ('Cache-Control: private="set-cookie", max-age=60',),
        hit=False,
    ),
    Case(
        "5.2.2.4: no-cache needs validation",
        ("Cache-Control: no-cache, max-age=60",),
        hit=False,
    ),
    Case(
        "5.1: Age counts against freshness",
        ("Age: 50", "Cache-Control: max-age=60"),
        hit=False,
        wait_s=20.0,
    ),
    Case(
        "4.2.3: an old Date, too",
        ("Date: Sun, 15 Jun 2025 15:05:50 GMT", "Cache-Control: max-age=60"),
        hit=False,
        wait_s=20.0,
    ),
    Case(
        "5.2.1.5: no-store in the request",
        ("Cache-Control: max-age=60",),
        hit=False,
        request=("Cache-Control: no-store",),
        second=(),
    ),
    Case(
        "5.2.1.4: no-cache in the request",
        ("Cache-Control: max-age=60",),
        hit=False,
        second=("Cache-Control: no-cache",),
    ),
    Case(
        "5.2.1.1: max-age in the request",
        ("Cache-Control: max-age=60",),
        hit=False,
        wait_s=20.0,
        second=("Cache-Control: max-age=10",),
    ),
    Case(
        "5.2.1.3: min-fresh in the request",
        ("Cache-Control: max-age=60",),
        hit=False,
        wait_s=50.0,
        second=("Cache-Control: min-fresh=20",),
    ),
    Case(
        "4.1: Vary matches",
        ("Cache-Control: max-age=60", "Vary: Accept-Language"),
        hit=True,
        request=("Accept-Language: de",),
    ),
    Case(
        "4.1: Vary differs",
        ("Cache-Control: max-age=60", "Vary: Accept-Language"),
        hit=False,
        request=("Accept-Language: de",),
        second=("Accept-Language: en",),
    ),
    Case(
        "4.1: absent is not empty of meaning",
        ("Cache-Control: max-age=60", "Vary: Accept-Language"),
        hit=False,
        request=("Accept-Language: de",),
        second=(),
    ),
    Case("4.1: Vary on anything", ("Cache-Control: max-age=60", "Vary: *"), hit=False),
    Case(
        "without Vary the fields make no difference",
        ("Cache-Control: max-age=60",),
        hit=True,
        request=("Accept-Language: de",),
        second=("Accept-Language: en",),
    ),
    Case(
        "3.5: Authorization",
        ("Cache-Control: max-age=60",),
        hit=False,
        request=("Authorization: Bearer a",),
    ),
    Case(
        "3.5: Authorization, but public",
        ("Cache-Control: public, max-age=60",),
        hit=True,
        request=("Authorization: Bearer a",),
    ),
    Case(
        "stricter: a cookie is a credential",
        ("Cache-Control: max-age=60",),
        hit=False,
        request=("Cookie: session=1",),
    ),
    Case(
        "stricter: Set-Cookie",
        ("Cache-Control: max-age=60", "Set-Cookie: a=b"),
        hit=False,
    ),
    Case(
        "3: a lasting error may be kept",
        ("Cache-Control: max-age=60",),
        hit=True,
        status=404,
    ),
    Case(
        "stricter: a server error never is",
        ("Cache-Control: max-age=60",),
        hit=False,
        status=503,
    ),
    Case(
        "3.3: a part is not the whole",
        ("Cache-Control: max-age=60",),
        hit=False,
        status=206,
    ),
    Case(
        "stricter: a range is the caller's business",
        ("Cache-Control: max-age=60",),
        hit=False,
        request=("Range: bytes=0-1",),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.claim)
async def test_get(case: Case) -> None:
    cached = CachedOrigin(reply(*case.response, status=case.status))
    first = structs.replace(GET, headers=fields(*case.request))
    second = (
        first
        if case.second is None
        else structs.replace(GET, headers=fields(*case.second))
    )

    await cached.answer(first)
    cached.clock.advance(case.wait_s)
    answer = await cached.answer(second)

    assert answer.body == (b'{"n":1}' if case.hit else b'{"n":2}')
    assert (header(answer.headers, b"x-cache") == b"HIT") is case.hit


async def test_a_hit_tells_its_age_and_what_is_left() -> None:
    cached = CachedOrigin(reply("Age: 5", "Cache-Control: max-age=60"))

    miss = await cached.answer(GET)
    cached.clock.advance(10)
    hit = await cached.answer(GET)

    assert header(miss.headers, b"cache-status") == b"weir; fwd=uri-miss; stored"
    assert header(hit.headers, b"age") == b"15"
    assert header(hit.headers, b"cache-status") == b"weir; hit; ttl=45"


@pytest.mark.parametrize("ahead_s", [-86_400, -3600, 3600, 86_400])
async def test_no_change_of_the_wall_clock_makes_a_response_younger_or_older(
    ahead_s: float,
) -> None:
    cached = CachedOrigin(reply("Cache-Control: max-age=60"))
    await cached.answer(GET)

    cached.clock.set_wall_clock(ahead_s)
    cached.clock.advance(59)
    hit = await cached.answer(GET)
    cached.clock.advance(2)
    miss = await cached.answer(GET)

    assert header(hit.headers, b"age") == b"59"
    assert header(hit.headers, b"x-cache") == b"HIT"
    assert header(miss.headers, b"x-cache") == b"MISS"


@pytest.mark.parametrize(
    "lines",
    [
        ("Cache-Control: max-age={}",),
        ("Cache-Control: s-maxage={}",),
        ("Cache-Control: max-age=60", "Age: {}"),
        ("Cache-Control: max-age=60, stale-if-error={}",),
        ("Cache-Control: max-age=60, stale-while-revalidate={}",),
        ("Cache-Control: max-age={}", "Date: Mon, 01 Jan 0001 00:00:00 GMT"),
        ("Expires: Fri, 31 Dec 9999 23:59:59 GMT",),
        ("Expires: Sun, 06 Nov {} 08:49:37 GMT",),
        ("Cache-Control: max-age=60", "Date: Sun, 06 Nov {} 08:49:37 GMT"),
        ("Cache-Control: max-age=60", "Date: Sun, 06 Nov 1994 08:49:37 +{}"),
        ("Cache-Control: max-age=60", "Retry-After: {}"),
    ],
)
@pytest.mark.parametrize("digits", [309, 5000])
async def test_a_number_of_any_length_ends_at_the_greatest_that_counts(
    lines: tuple[str, ...], digits: int
) -> None:
    huge = [line.replace("{}", "9" * digits) for line in lines]
    cached = CachedOrigin(reply(*huge, 'ETag: "v"'))

    for _ in range(3):
        answer = await cached.answer(GET)
        cached.clock.advance(3e9)

        assert answer.status == 200
        if header(answer.headers, b"x-cache") != b"MISS":
            assert int(header(answer.headers, b"age") or b"0") <= MAX_DELTA_S


@pytest.mark.parametrize(
    ("validator", "condition"),
    [
        ('ETag: "v1"', (b"if-none-match", b'"v1"')),
        (
            "Last-Modified: Sun, 15 Jun 2025 15:00:00 GMT",
            (b"if-modified-since", b"Sun, 15 Jun 2025 15:00:00 GMT"),
        ),
    ],
)
async def test_a_stale_answer_is_revalidated_and_freshened(
    validator: str, condition: tuple[bytes, bytes]
) -> None:
    cached = CachedOrigin(
        reply(validator, "Cache-Control: max-age=60", "X-Version: 1"),
        reply("Cache-Control: max-age=30", "X-Version: 2", status=304),
    )

    await cached.answer(GET)
    cached.clock.advance(61)
    answer = await cached.answer(GET)

    assert cached.origin.asked[1].headers == (condition,)
    assert (answer.status, answer.body) == (200, b'{"n":1}')
    assert header(answer.headers, b"x-version") == b"2"
    assert header(answer.headers, b"x-cache") == b"REVALIDATED"
    cached.clock.advance(29)
    assert await cached.ask(GET) == (b'{"n":1}', "HIT")


async def test_an_answer_that_changed_replaces_the_stale_one() -> None:
    cached = CachedOrigin(reply('ETag: "v1"', "Cache-Control: max-age=60"))

    await cached.answer(GET)
    cached.clock.advance(61)

    assert await cached.ask(GET) == (b'{"n":2}', "MISS")
    assert await cached.ask(GET) == (b'{"n":2}', "HIT")


async def test_a_stale_answer_is_given_while_it_is_renewed_behind() -> None:
    cached = CachedOrigin(reply("Cache-Control: max-age=60, stale-while-revalidate=30"))

    await cached.answer(GET)
    cached.clock.advance(70)
    stale = await asyncio.gather(*(cached.ask(GET) for _ in range(9)))
    await asyncio.sleep(0)

    assert set(stale) == {(b'{"n":1}', "STALE")}
    # Nobody asked for the renewal: it is neither a miss nor a hit.
    assert cached.log.counts == {"miss": 1, "stale": 9}
    assert await cached.ask(GET) == (b'{"n":2}', "HIT")
    assert len(cached.origin.asked) == 2


@pytest.mark.parametrize(
    "failure",
    [UpstreamUnavailable(), CircuitOpen(), reply(status=503), reply(status=500)],
    ids=["unavailable", "circuit open", "503", "500"],
)
async def test_a_stale_answer_stands_in_for_a_failed_one_where_allowed(
    failure: UpstreamUnavailable,
) -> None:
    cached = CachedOrigin(
        reply("Cache-Control: max-age=60, stale-if-error=600"), failure
    )

    await cached.answer(GET)
    cached.clock.advance(300)

    assert await cached.ask(GET) == (b'{"n":1}', "STALE")


@pytest.mark.parametrize(
    "directive", ["must-revalidate", "proxy-revalidate", "s-maxage=60"]
)
async def test_what_must_be_revalidated_is_never_given_stale(directive: str) -> None:
    policy = CachePolicy(stale_if_error_s=600, stale_while_revalidate_s=600)
    cached = CachedOrigin(
        reply(f"Cache-Control: max-age=60, {directive}"),
        UpstreamUnavailable(),
        policy=policy,
    )

    await cached.answer(GET)
    cached.clock.advance(70)

    with pytest.raises(UpstreamUnavailable):
        await cached.answer(GET)


async def test_only_if_cached_never_asks() -> None:
    cached = CachedOrigin(reply("Cache-Control: max-age=60"))
    asking = structs.replace(GET, headers=fields("Cache-Control: only-if-cached"))

    assert (await cached.answer(asking)).status == 504
    assert cached.origin.asked == []


async def test_writing_to_a_uri_forgets_what_get_of_it_answered() -> None:
    cached = CachedOrigin(reply("Cache-Control: max-age=60"))
    other = structs.replace(GET, path="/titles/2")
    for request in (GET, other, structs.replace(GET, partition="ada")):
        await cached.answer(request)

    await cached.answer(structs.replace(GET, method="PUT", safe=False, body=b"{}"))

    assert (await cached.ask(GET))[1] == "MISS"
    assert (await cached.ask(structs.replace(GET, partition="ada")))[1] == "MISS"
    assert (await cached.ask(other))[1] == "HIT"


async def test_a_write_that_failed_forgets_nothing() -> None:
    cached = CachedOrigin(reply("Cache-Control: max-age=60"), reply(status=409))
    await cached.answer(GET)

    await cached.answer(structs.replace(GET, method="PUT", safe=False))

    assert (await cached.ask(GET))[1] == "HIT"


async def test_a_ttl_keeps_answers_that_say_nothing_and_only_these() -> None:
    policy = CachePolicy(ttl_s=30)
    silent = CachedOrigin(reply(), policy=policy)
    forbidding = CachedOrigin(reply("Cache-Control: no-store"), policy=policy)
    failing = CachedOrigin(reply(status=404), policy=policy)

    for cached in (silent, forbidding, failing):
        await cached.answer(GET)

    assert (await silent.ask(GET))[1] == "HIT"
    assert (await forbidding.ask(GET))[1] == "MISS"
    assert (await failing.ask(GET))[1] == "MISS"


async def test_the_cache_can_say_why_something_was_a_miss() -> None:
    cached = CachedOrigin(reply("Cache-Control: private, max-age=60"))

    await cached.answer(GET)

    assert cached.log.counts["miss"] == 1
    assert cached.log.recent[0].reason == "uri-miss; not stored: private"


@pytest.mark.parametrize(
    ("purge", "purged"),
    [
        (Purge(upstream="catalog"), 3),
        (Purge(upstream="users"), 0),
        (Purge(upstream="catalog", path_prefix="/titles"), 2),
        (Purge(upstream="catalog", tag="Title-1"), 1),
    ],
)
async def test_purging_forgets_what_matches(purge: Purge, purged: int) -> None:
    cached = CachedOrigin(
        reply("Cache-Control: max-age=60", "Surrogate-Key: titles title-1"),
        reply("Cache-Control: max-age=60", "Cache-Tag: titles, title-2"),
    )
    for path in ("/titles/1", "/titles/2", "/people/1"):
        await cached.answer(structs.replace(GET, path=path))

    assert await cached.store.purge(purge) == purged
    assert len(cached.store) == 3 - purged
