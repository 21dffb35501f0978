"""Which requests share a stored response, and what decides it."""

import pytest
from msgspec import structs

from tests.support.cached import CachedOrigin, fields, reply
from tests.support.calls import upstream_request
from weir.gateway.headers import Headers
from weir.gateway.upstreams.middleware.cache.keys import CacheKeys, cache_keys
from weir.gateway.upstreams.model.policy import CachePolicy

GET = upstream_request("GET", "/titles")
POST = upstream_request("POST", "/graphql", body=b'{"query":"{a}"}')
TTL = CachePolicy(ttl_s=30)
STATED = CachePolicy()
MAX_AGE = "Cache-Control: max-age=60"
PUBLIC = "Cache-Control: public, max-age=60"
ADA, BOB = fields("X-User-Id: ada"), fields("X-User-Id: bob")

# What the service says, the policy, what is forwarded of two clients, and whether the
# second gets the response of the first.
FORWARDED: list[tuple[tuple[str, ...], CachePolicy, Headers, Headers, bool]] = [
    ((), TTL, ADA, BOB, False),
    ((), TTL, ADA, ADA, True),
    ((), TTL, (), BOB, False),
    ((), TTL, ADA, (), False),
    (("Vary: Accept-Encoding",), TTL, ADA, BOB, False),
    (("Vary: X-User-Id",), TTL, ADA, BOB, False),
    ((MAX_AGE,), STATED, ADA, BOB, False),
    ((MAX_AGE, "Vary: Accept-Encoding"), STATED, ADA, BOB, False),
    (("Expires: Sun, 15 Jun 2025 15:07:40 GMT",), STATED, ADA, BOB, False),
    ((PUBLIC,), STATED, ADA, BOB, True),
    ((PUBLIC,), TTL, ADA, BOB, True),
    ((PUBLIC, "Vary: X-User-Id"), STATED, ADA, BOB, False),
    ((PUBLIC, "Vary: X-User-Id"), STATED, ADA, ADA, True),
    ((PUBLIC, "Vary: Accept"), STATED, ADA, BOB, True),
    # A service may build links with the host that the client named.
    (
        (MAX_AGE,),
        STATED,
        fields("X-Forwarded-Host: example.org"),
        fields("X-Forwarded-Host: evil.example"),
        False,
    ),
    (
        (MAX_AGE,),
        STATED,
        fields("X-Forwarded-Proto: http"),
        fields("X-Forwarded-Proto: https"),
        False,
    ),
    (
        (MAX_AGE,),
        STATED,
        fields("X-Client-Type: tv"),
        fields("X-Client-Type: web"),
        False,
    ),
    ((MAX_AGE,), STATED, fields("Baggage: user=a"), fields("Baggage: user=b"), False),
    # Ids and addresses differ with every request.
    (
        (MAX_AGE,),
        STATED,
        fields("X-Request-Id: 1", "Traceparent: 1", "X-Forwarded-For: 192.0.2.1"),
        fields("X-Request-Id: 2", "Traceparent: 2", "X-Forwarded-For: 192.0.2.2"),
        True,
    ),
    (
        (MAX_AGE, "Vary: X-Forwarded-For"),
        STATED,
        fields("X-Forwarded-For: 192.0.2.1"),
        fields("X-Forwarded-For: 192.0.2.2"),
        False,
    ),
]


@pytest.mark.parametrize("case", FORWARDED, ids=str)
async def test_forwarded_fields_separate_callers_unless_the_service_says_public(
    case: tuple[tuple[str, ...], CachePolicy, Headers, Headers, bool],
) -> None:
    says, policy, first, second, shared = case
    for request in (GET, POST):
        cached = CachedOrigin(reply(*says), policy=policy)
        await cached.ask(request, first)

        found = await cached.ask(request, second)

        assert found[1] == ("HIT" if shared else "MISS")


@pytest.mark.parametrize(
    ("says", "policy", "own", "shared"),
    [
        ((MAX_AGE,), STATED, "X-User-Id: ada", True),
        ((MAX_AGE, "Vary: X-User-Id"), STATED, "X-User-Id: ada", False),
        ((MAX_AGE,), STATED, "Authorization: Bearer a", False),
        ((MAX_AGE,), STATED, "Cookie: a=b", False),
        ((), TTL, "X-User-Id: ada", False),
        ((MAX_AGE,), TTL, "X-User-Id: ada", False),
        ((PUBLIC,), TTL, "X-User-Id: ada", True),
        ((PUBLIC,), STATED, "Authorization: Bearer a", True),
    ],
)
async def test_a_resolvers_own_fields_count_where_a_ttl_speaks_for_the_service(
    says: tuple[str, ...], policy: CachePolicy, own: str, *, shared: bool
) -> None:
    cached = CachedOrigin(reply(*says), policy=policy)
    await cached.ask(GET)

    found = await cached.ask(structs.replace(GET, headers=fields(own)))

    assert (found[1] == "HIT") is shared


@pytest.mark.parametrize("says", [MAX_AGE, PUBLIC])
async def test_partitions_share_nothing(says: str) -> None:
    cached = CachedOrigin(reply(says))
    await cached.ask(structs.replace(GET, partition="ada"))

    assert (await cached.ask(structs.replace(GET, partition="bob")))[1] == "MISS"
    assert (await cached.ask(GET))[1] == "MISS"


@pytest.mark.parametrize(
    "line", ["Cache-Control: no-cache", "Pragma: no-cache", 'If-None-Match: "x"']
)
async def test_what_a_client_wants_of_caches_does_not_select_another_response(
    line: str,
) -> None:
    cached = CachedOrigin(reply(MAX_AGE), policy=TTL)

    await cached.ask(GET, fields(line))
    assert (await cached.ask(GET))[1] == "HIT"

    await cached.ask(GET, fields("Cache-Control: no-cache"))
    assert (await cached.ask(GET))[0] == b'{"n":2}'


async def test_a_response_that_is_no_longer_public_is_not_found_by_others() -> None:
    cached = CachedOrigin(
        reply(PUBLIC, 'ETag: "v"'), reply(MAX_AGE, 'ETag: "v"', status=304), reply()
    )
    await cached.ask(GET, ADA)
    cached.clock.advance(61)

    assert await cached.ask(GET, ADA) == (b'{"n":1}', "REVALIDATED")

    assert (await cached.ask(GET, ADA))[1] == "HIT"
    assert (await cached.ask(GET, BOB))[1] == "MISS"


async def test_a_public_response_is_renewed_once_for_all_who_get_it() -> None:
    stale = "Cache-Control: public, max-age=60, stale-while-revalidate=60"
    cached = CachedOrigin(reply(stale))
    await cached.ask(GET, ADA)
    cached.clock.advance(61)
    cached.origin.gate.clear()

    told = {(await cached.ask(GET, each))[1] for each in (ADA, BOB, ())}
    cached.origin.gate.set()

    assert told == {"STALE"}
    assert len(cached.origin.asked) <= 2


def keys(method: str, body: bytes = b"", own: Headers = ()) -> CacheKeys | None:
    request = structs.replace(upstream_request(method, body=body), headers=own)
    return cache_keys("u", request, (), by_all_fields=False)


@pytest.mark.parametrize(
    ("method", "body", "own"),
    [
        ("PUT", b"", ()),
        ("HEAD", b"", ()),
        ("GET", b"{}", ()),
        ("GET", b"", fields("Range: bytes=0-1")),
        ("GET", b"", fields('If-Match: "x"')),
        ("POST", b"{}", fields('If-None-Match: "x"')),
    ],
)
def test_what_is_for_the_service_alone_has_no_key(
    method: str, body: bytes, own: Headers
) -> None:
    assert keys(method, body, own) is None


def test_the_parts_of_a_key_cannot_be_taken_for_one_another() -> None:
    one = keys("POST", b"a", fields("b: c"))
    other = keys("POST", b"a" + repr(fields("b: c")).encode(), ())

    assert one is not None
    assert other is not None
    assert one.public != other.public
    assert one.exact != one.public
