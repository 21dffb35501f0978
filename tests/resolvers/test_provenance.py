"""What responses say of their age and reuse, and what is true of several together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.support.calls import request_context, upstream_request
from weir.gateway.cache_control import (
    NO_STATEMENT,
    CacheControl,
    Scope,
    read_cache_control,
)
from weir.gateway.context import RequestContext
from weir.gateway.headers import Headers
from weir.gateway.http_time import MAX_DELTA_S
from weir.gateway.transport.message import UpstreamResponse
from weir.resolvers.provenance import (
    FAILED,
    UNKNOWN,
    CacheUse,
    Provenance,
    combined,
    provenance_of_call,
    provenance_of_operation,
    provenance_of_resolvers,
    read_provenance,
)

PRIVATE, UNSTATED, PUBLIC = Scope


def lines(text: str) -> Headers:
    return tuple(
        (name.encode(), value.strip().encode())
        for name, _, value in (line.partition(":") for line in text.split(";") if line)
    )


def control(value: str) -> CacheControl:
    return read_cache_control(((b"cache-control", value.encode()),))


OURS = "cache-status: weir"
READ: list[tuple[str, Provenance]] = [
    ("", UNKNOWN),
    ("x-other: 1", UNKNOWN),
    ("cache-control: max-age=60", Provenance(cache_control=control("max-age=60"))),
    (
        "cache-control: public;cache-control: max-age=1",
        Provenance(cache_control=control("public, max-age=1")),
    ),
    (
        "cache-control: max-age=60;age: 12",
        Provenance(cache_control=control("max-age=48"), age_s=12),
    ),
    (
        "cache-control: max-age=10, stale-if-error=9;age: 12",
        Provenance(cache_control=control("max-age=0, stale-if-error=7"), age_s=12),
    ),
    (
        "cache-control: public, max-age=60;set-cookie: a=b",
        Provenance(cache_control=control("private, max-age=60")),
    ),
    ("set-cookie: a=b", Provenance(cache_control=control("private"))),
    ("age: 12", Provenance(age_s=12)),
    ("age: old", Provenance()),
    (f"age: {'9' * 309}", Provenance(age_s=MAX_DELTA_S)),
    (
        "vary: Accept, accept-language;vary: Cookie",
        Provenance(vary=("accept", "accept-language", "cookie")),
    ),
    (f"{OURS};x-cache: HIT", Provenance(cache=CacheUse.HIT)),
    (f"{OURS};x-cache: REVALIDATED", Provenance(cache=CacheUse.REVALIDATED)),
    (f"{OURS};x-cache: BYPASS", Provenance(cache=CacheUse.MISS)),
    (f"{OURS};x-cache: FALLBACK", Provenance(cache=CacheUse.FALLBACK)),
    (f"{OURS};x-cache: hit;x-cache: STALE", Provenance(cache=CacheUse.STALE)),
    ("x-cache: STALE", Provenance()),
    ("cache-status: cdn, hit;x-cache: HIT", Provenance()),
]


@pytest.mark.parametrize(("headers", "expected"), READ)
def test_a_response_is_read(headers: str, expected: Provenance) -> None:
    assert read_provenance(lines(headers)) == expected


def part(value: str) -> Provenance:
    return read_provenance(lines(value))


# Durations count from now, whatever the ages.
LIFETIMES: list[tuple[tuple[str, ...], int | None, int]] = [
    ((), None, 0),
    (("cache-control: max-age=60",), 60, 0),
    (("cache-control: max-age=60", "cache-control: max-age=30"), 30, 0),
    (("cache-control: max-age=60;age: 50",), 10, 50),
    (("cache-control: max-age=60;age: 50", "cache-control: max-age=30"), 10, 50),
    (("cache-control: max-age=60;age: 10", "cache-control: max-age=30;age: 5"), 25, 10),
    (("cache-control: max-age=10;age: 20", "cache-control: max-age=60"), 0, 20),
    (("cache-control: max-age=60", ""), None, 0),
    (("cache-control: max-age=60", "age: 7"), None, 7),
]


@pytest.mark.parametrize(("parts", "left_s", "age_s"), LIFETIMES)
def test_the_whole_is_stale_as_soon_as_one_part_is(
    parts: tuple[str, ...], left_s: int | None, age_s: int
) -> None:
    whole = combined(map(part, parts))

    assert (whole.cache_control.max_age_s, whole.age_s) == (left_s, age_s)


NONE, HIT, MISS, STALE = (
    CacheUse.NONE,
    CacheUse.HIT,
    CacheUse.MISS,
    CacheUse.STALE,
)


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ((), NONE),
        ((NONE, NONE), NONE),
        ((HIT, HIT), HIT),
        ((HIT, MISS), MISS),
        ((HIT, NONE), MISS),
        ((MISS, STALE, NONE), STALE),
    ],
)
def test_the_worst_part_decides_for_the_whole(
    parts: tuple[CacheUse, ...], whole: CacheUse
) -> None:
    assert combined(Provenance(cache=each) for each in parts).cache is whole


def test_the_whole_varies_by_all_that_its_parts_vary_by() -> None:
    assert combined([part("vary: b, a"), part("vary: c, a")]).vary == ("a", "b", "c")


PROVENANCES = st.builds(
    lambda control, age, vary, cache: read_provenance(
        lines(
            f"cache-control: {control};age: {age};vary: {vary};{OURS};x-cache: {cache}"
        )
    ),
    st.sampled_from(("", "public, max-age=9", "max-age=5", "private, s-maxage=2")),
    st.integers(0, 7),
    st.sampled_from(("", "a", "a, b", "*")),
    st.sampled_from([use.name for use in CacheUse]),
)


@given(PROVENANCES, PROVENANCES, PROVENANCES)
def test_combining_is_a_meet(
    one: Provenance, other: Provenance, third: Provenance
) -> None:
    assert one.combine(one) == one
    assert one.combine(other) == other.combine(one)
    assert one.combine(other).combine(third) == one.combine(other.combine(third))


def scope_of_call(
    said: str, context: RequestContext, partition: str = "", own: Headers = ()
) -> Scope:
    request = structs.replace(upstream_request(), partition=partition, headers=own)
    response = UpstreamResponse(status=200, headers=lines(said), body=b"")
    return provenance_of_call(response, request, context).cache_control.scope


def forwarding(*headers: tuple[bytes, bytes]) -> RequestContext:
    ours = ((b"x-request-id", b"r"), (b"x-client-type", b"tv"))
    return request_context((*ours, *headers))


MAX_AGE = "cache-control: max-age=60"
USER, COOKIE = (b"x-user-id", b"ada"), (b"cookie", b"id=ada")


@pytest.mark.parametrize(
    ("said", "context", "scope"),
    [
        (MAX_AGE, forwarding(), UNSTATED),
        (MAX_AGE, forwarding(USER), PRIVATE),
        (MAX_AGE, forwarding((b"authorization", b"Bearer a")), PRIVATE),
        (MAX_AGE, forwarding(COOKIE), PRIVATE),
        ("", forwarding(USER), PRIVATE),
        (f"{MAX_AGE};vary: X-User-Id", forwarding(USER), UNSTATED),
        (f"{MAX_AGE};vary: Accept", forwarding(USER), PRIVATE),
        (f"{MAX_AGE};vary: Cookie", forwarding(COOKIE), PRIVATE),
        (f"{MAX_AGE}, public", forwarding(USER, COOKIE), PUBLIC),
        (f"{MAX_AGE}, private", forwarding(), PRIVATE),
    ],
)
def test_replies_to_forwarded_fields_are_private_unless_declared_public(
    said: str, context: RequestContext, scope: Scope
) -> None:
    assert scope_of_call(said, context) is scope


def test_replies_for_an_identity_are_private_unless_declared_public() -> None:
    assert scope_of_call(MAX_AGE, forwarding(), "ada") is PRIVATE
    assert scope_of_call(MAX_AGE, forwarding(), own=(COOKIE,)) is PRIVATE
    assert scope_of_call(f"{MAX_AGE}, public", forwarding(), "ada") is PUBLIC


@pytest.mark.parametrize(
    ("context", "scope"),
    [
        (forwarding(), UNSTATED),
        (forwarding(USER), PRIVATE),
        (structs.replace(forwarding(), client_headers={b"cookie": b"a=b"}), PRIVATE),
        (
            structs.replace(forwarding(), client_headers={b"authorization": b"Basic"}),
            PRIVATE,
        ),
        (
            structs.replace(forwarding(), cache_partition="ada"),
            PRIVATE,
        ),
    ],
)
def test_data_of_resolvers_is_never_public(
    context: RequestContext, scope: Scope
) -> None:
    made = provenance_of_resolvers([part(f"{MAX_AGE}, public")], context)

    assert made.cache_control == structs.replace(control("max-age=60"), scope=scope)


def test_data_of_resolvers_without_a_call_or_of_a_failure_has_no_lifetime() -> None:
    context = forwarding()

    assert provenance_of_resolvers([], context).cache_control == NO_STATEMENT
    failed = provenance_of_resolvers([part(MAX_AGE), FAILED], context)
    assert failed.cache_control.no_store


@pytest.mark.parametrize(
    ("values", "scope"),
    [
        (("max-age=60",), PRIVATE),
        (("max-age=60", "max-age=60, must-revalidate"), PRIVATE),
        (("public, max-age=60", "s-maxage=60"), PRIVATE),
        (("public, max-age=60",), PUBLIC),
    ],
)
def test_a_response_to_authorization_is_private_unless_all_parts_are_public(
    values: tuple[str, ...], scope: Scope
) -> None:
    context = request_context()
    authorized = structs.replace(
        context, client_headers={b"authorization": b"Bearer a"}
    )
    parts = [part(f"cache-control: {value}") for value in values]

    whole = provenance_of_operation(parts, authorized)
    anonymous = provenance_of_operation(parts, context)

    assert whole.cache_control.scope is scope
    assert anonymous.cache_control.scope is not PRIVATE


@pytest.mark.parametrize("stated", ["public, max-age=60", "max-age=60", "private", ""])
def test_a_response_that_depends_on_rights_is_private_whatever_services_state(
    stated: str,
) -> None:
    part = Provenance(cache_control=control(stated), vary=("accept",))
    found = provenance_of_operation([part], request_context(), is_restricted=True)

    assert found.cache_control.scope is PRIVATE
    assert found.cache_control.max_age_s == part.cache_control.max_age_s
    assert found.vary == ("accept", "authorization")
