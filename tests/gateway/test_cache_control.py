"""Cache-Control: what is read, what is written, and what two responses both allow."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.support.growth import LINEAR, growth_exponent
from weir.gateway.cache_control import (
    NO_STATEMENT,
    CacheControl,
    RequestCacheControl,
    Scope,
    read_cache_control,
    read_request_cache_control,
)
from weir.gateway.headers import Headers
from weir.gateway.http_time import MAX_DELTA_S

PRIVATE, PUBLIC = Scope.PRIVATE, Scope.PUBLIC


def fields(*values: str) -> Headers:
    return tuple((b"cache-control", value.encode("latin-1")) for value in values)


def read(*values: str) -> CacheControl:
    return read_cache_control(fields(*values))


def lasting(seconds: int, **others: Any) -> CacheControl:
    return CacheControl(max_age_s=seconds, shared_max_age_s=seconds, **others)


READ: list[tuple[str, CacheControl]] = [
    ("", NO_STATEMENT),
    ("max-age=60", lasting(60)),
    ("MAX-AGE=60", lasting(60)),
    ('max-age="60"', lasting(60)),
    ("max-age=060", lasting(60)),
    ("max-age=0", lasting(0)),
    (
        "s-maxage=10",
        CacheControl(shared_max_age_s=10, proxy_revalidate=True),
    ),
    (
        "max-age=60, s-maxage=10",
        CacheControl(max_age_s=60, shared_max_age_s=10, proxy_revalidate=True),
    ),
    ("public", CacheControl(scope=PUBLIC)),
    ("private", CacheControl(scope=PRIVATE)),
    ("public, private", CacheControl(scope=PRIVATE)),
    ('private="set-cookie, x-a"', CacheControl(scope=PRIVATE)),
    ("no-cache", CacheControl(no_cache=True)),
    ('no-cache="set-cookie"', CacheControl(no_cache=True)),
    ("no-store", CacheControl(no_store=True)),
    ("must-understand", CacheControl(must_understand=True)),
    ("must-understand, no-store", CacheControl(no_store=True)),
    ("must-revalidate", CacheControl(must_revalidate=True)),
    ("proxy-revalidate", CacheControl(proxy_revalidate=True)),
    ("no-transform", CacheControl(no_transform=True)),
    ("immutable", CacheControl(immutable=True)),
    ("stale-while-revalidate=5", CacheControl(stale_while_revalidate_s=5)),
    ("stale-if-error=5", CacheControl(stale_if_error_s=5)),
    # RFC 9111 section 4.2.1: invalid freshness is best considered stale.
    ("max-age", lasting(0)),
    ("max-age=", lasting(0)),
    ("max-age=soon", lasting(0)),
    ("max-age=-1", lasting(0)),
    ("max-age=1.5", lasting(0)),
    ("max-age = 60", lasting(0)),
    ("max-age=\xb2", lasting(0)),
    # Section 1.2.2: a number that is too great.
    ("max-age=2147483649", lasting(MAX_DELTA_S)),
    (f"max-age={'9' * 309}", lasting(MAX_DELTA_S)),
    (f"max-age={'9' * 5000}", lasting(MAX_DELTA_S)),
    (f"max-age={'0' * 5000}7", lasting(7)),
    # The stricter of two.
    ("max-age=60, max-age=30", lasting(30)),
    ("max-age=30, max-age=60", lasting(30)),
    ("max-age=60, max-age=x", lasting(0)),
    # What is inside a quoted string is not a directive.
    ('ext="no-store, private", max-age=60', lasting(60)),
    (r'ext="a\", no-store", max-age=60', lasting(60)),
    ("ext=no-store, max-age=60", lasting(60)),
    # Malformed, and read so that nothing strict is missed.
    ("max-age=60;private", structs.replace(lasting(60), scope=PRIVATE)),
    ("private max-age=60", structs.replace(lasting(60), scope=PRIVATE)),
    (",, ,max-age=60,,", lasting(60)),
    ('ext="unterminated, no-store', CacheControl(no_store=True)),
    ("=60, max-age=5", lasting(5)),
    ("\x80\xff no-store\x01", CacheControl(no_store=True)),
]


@pytest.mark.parametrize(("value", "expected"), READ)
def test_a_response_is_read(value: str, expected: CacheControl) -> None:
    assert read(value) == expected


def test_several_fields_are_one() -> None:
    assert read("public", "max-age=60") == structs.replace(lasting(60), scope=PUBLIC)
    assert read("max-age=60", "max-age=30, no-store") == lasting(30, no_store=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", RequestCacheControl()),
        ("no-store", RequestCacheControl(no_store=True)),
        ("no-cache", RequestCacheControl(no_cache=True)),
        ("only-if-cached", RequestCacheControl(only_if_cached=True)),
        ("max-age=5, max-age=1", RequestCacheControl(max_age_s=1)),
        ("max-age=x", RequestCacheControl(max_age_s=0)),
        ("min-fresh=5, min-fresh=9", RequestCacheControl(min_fresh_s=9)),
        ("min-fresh=x", RequestCacheControl(min_fresh_s=0)),
        (f"min-fresh={'9' * 309}", RequestCacheControl(min_fresh_s=MAX_DELTA_S)),
    ],
)
def test_a_request_is_read(value: str, expected: RequestCacheControl) -> None:
    assert read_request_cache_control(fields(value)) == expected


WRITTEN: list[tuple[str, str]] = [
    ("", ""),
    ("max-age=60", "max-age=60"),
    ("Public; MAX-AGE=60", "public, max-age=60"),
    ("s-maxage=10, max-age=60", "max-age=60, s-maxage=10, proxy-revalidate"),
    ("s-maxage=10", "max-age=0, s-maxage=10, proxy-revalidate"),
    ("private, max-age=60, s-maxage=10", "private, max-age=60, proxy-revalidate"),
    ("no-store, max-age=60, public", "no-store"),
    ("no-store, no-transform", "no-store, no-transform"),
    ("immutable, max-age=60", "max-age=60, immutable"),
    (
        "max-age=1, stale-while-revalidate=2, stale-if-error=3",
        "max-age=1, stale-while-revalidate=2, stale-if-error=3",
    ),
    ("max-age=1, no-cache, stale-if-error=3", "no-cache, max-age=1"),
    ("max-age=1, must-revalidate, stale-if-error=3", "max-age=1, must-revalidate"),
    ("must-understand, max-age=1", "max-age=1, must-understand"),
]


@pytest.mark.parametrize(("value", "written"), WRITTEN)
def test_a_response_is_written(value: str, written: str) -> None:
    assert read(value).field_value().decode() == written


COMBINED: list[tuple[str, str, CacheControl]] = [
    ("max-age=60", "max-age=30", lasting(30)),
    (
        "public, max-age=9",
        "public, max-age=9",
        structs.replace(lasting(9), scope=PUBLIC),
    ),
    ("public, max-age=9", "max-age=9", lasting(9)),
    (
        "public, max-age=9",
        "private, max-age=9",
        structs.replace(lasting(9), scope=PRIVATE),
    ),
    ("max-age=9", "private", CacheControl(scope=PRIVATE)),
    ("max-age=60", "", NO_STATEMENT),
    ("s-maxage=60", "public", CacheControl(proxy_revalidate=True)),
    (
        "s-maxage=10",
        "s-maxage=5",
        CacheControl(shared_max_age_s=5, proxy_revalidate=True),
    ),
    (
        "max-age=60",
        "s-maxage=10",
        CacheControl(shared_max_age_s=10, proxy_revalidate=True),
    ),
    (
        "max-age=60",
        "max-age=90, s-maxage=10",
        CacheControl(max_age_s=60, shared_max_age_s=10, proxy_revalidate=True),
    ),
    ("max-age=9", "max-age=9, no-store", lasting(9, no_store=True)),
    ("max-age=9", "max-age=9, no-cache", lasting(9, no_cache=True)),
    ("max-age=9", "max-age=9, must-revalidate", lasting(9, must_revalidate=True)),
    ("max-age=9", "max-age=9, proxy-revalidate", lasting(9, proxy_revalidate=True)),
    ("max-age=9", "max-age=9, must-understand", lasting(9, must_understand=True)),
    ("must-understand", "no-store", CacheControl(no_store=True)),
    ("no-store", "must-understand, no-store", CacheControl(no_store=True)),
    ("max-age=9", "max-age=9, no-transform", lasting(9, no_transform=True)),
    ("max-age=9, immutable", "max-age=9", lasting(9)),
    ("max-age=9, immutable", "max-age=9, immutable", lasting(9, immutable=True)),
    (
        "stale-while-revalidate=9, stale-if-error=9",
        "stale-while-revalidate=3, stale-if-error=12",
        CacheControl(stale_while_revalidate_s=3, stale_if_error_s=9),
    ),
    # A cache may have a window of its own where none is stated.
    ("stale-if-error=9", "", CacheControl(stale_if_error_s=0)),
]


@pytest.mark.parametrize(("one", "other", "both"), COMBINED)
def test_two_responses_allow_what_both_allow(
    one: str, other: str, both: CacheControl
) -> None:
    assert read(one).combine(read(other)) == both


DIRECTIVES = st.one_of(
    st.sampled_from(
        (
            "public",
            "private",
            "no-store",
            "no-cache",
            "must-revalidate",
            "proxy-revalidate",
            "must-understand",
            "no-transform",
            "immutable",
        )
    ),
    st.builds(
        "{}={}".format,
        st.sampled_from(
            ("max-age", "s-maxage", "stale-while-revalidate", "stale-if-error")
        ),
        st.integers(0, 3),
    ),
)
CONTROLS = st.lists(DIRECTIVES, max_size=6).map(lambda each: read(", ".join(each)))


@given(CONTROLS, CONTROLS, CONTROLS)
def test_combining_is_a_meet(
    one: CacheControl, other: CacheControl, third: CacheControl
) -> None:
    assert one.combine(one) == one
    assert one.combine(other) == other.combine(one)
    assert one.combine(other).combine(third) == one.combine(other.combine(third))
    # The order of the meet: what both allow is below each.
    assert one.combine(other).combine(one) == one.combine(other)


@given(CONTROLS, st.integers(0, 5))
def test_a_duration_that_has_passed_does_not_come_back(
    control: CacheControl, age_s: int
) -> None:
    left = control.after(age_s)

    assert left.combine(control) == left
    again = left.before(age_s).after(age_s)
    assert again.combine(left) == again


@given(st.lists(st.binary(max_size=60), max_size=3))
def test_no_bytes_are_too_strange_to_be_read(values: list[bytes]) -> None:
    headers = tuple((b"cache-control", value) for value in values)

    read_cache_control(headers)
    read_request_cache_control(headers)


REPEATED = (
    " ",
    "a",
    "a=",
    'a="',
    '"',
    "\\",
    r'a="\"',
    r'="\\',
    ",",
    "max-age=1 ;",
    'a="b",',
    "=",
    "\t,",
    "9",
)


@pytest.mark.parametrize("unit", REPEATED)
def test_reading_takes_time_in_proportion_to_the_length(unit: str) -> None:
    def make(size: int) -> Headers:
        return fields("max-age=1" + unit * (size // len(unit)) + ";")

    assert growth_exponent(read_cache_control, make) <= LINEAR
    assert growth_exponent(read_request_cache_control, make) <= LINEAR
