"""Numbers and dates of HTTP fields, each within its range."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.growth import LINEAR, growth_exponent
from weir.gateway.http_time import (
    MAX_DELTA_S,
    age_s,
    delta_seconds,
    http_date,
    http_date_s,
    retry_after_s,
)

EPOCH_S = 784111777.0
YEAR_1_S, YEAR_9999_S = -62135596800 - 86400, 253402300799 + 86400


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"0", 0),
        (b"60", 60),
        (b"007", 7),
        (b"2147483647", 2147483647),
        (b"2147483648", MAX_DELTA_S),
        (b"2147483649", MAX_DELTA_S),
        (b"9" * 309, MAX_DELTA_S),
        (b"9" * 100_000, MAX_DELTA_S),
        (b"0" * 100_000, 0),
        (b"", None),
        (b"-1", None),
        (b"+1", None),
        (b"1.5", None),
        (b"1 ", None),
        (b"1e3", None),
        ("²".encode("latin-1"), None),
    ],
)
def test_delta_seconds_end_at_two_to_the_31(value: bytes, expected: int | None) -> None:
    assert delta_seconds(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"60", 60),
        (b"60, 30", 60),
        (b" 60 ", 60),
        (b"9" * 309, MAX_DELTA_S),
        (b"old, 60", 0),
        (b"-60", 0),
    ],
)
def test_an_age_is_its_first_number(value: bytes, expected: int) -> None:
    assert age_s(((b"age", value),)) == expected
    assert age_s(()) == 0


@pytest.mark.parametrize(
    "value",
    [
        b"Sun, 06 Nov 1994 08:49:37 GMT",
        b"Sunday, 06-Nov-94 08:49:37 GMT",
        b"Sun Nov  6 08:49:37 1994",
    ],
)
def test_the_three_forms_of_a_date_are_read(value: bytes) -> None:
    assert http_date_s(value) == EPOCH_S


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"0",
        b"-1",
        b"   ",
        b"soon",
        b"Sun, 31 Feb 1994 08:49:37 GMT",
        b"Sun, 06 Nov 1994 25:49:37 GMT",
        b"Sun, 06 Nov 99999 08:49:37 GMT",
        b"Sun, 06 Nov 1" + b"0" * 30 + b" 08:49:37 GMT",
        b"Sun, 06 Nov 1994 08:49:37 +" + b"9" * 30,
        b"Sun, 06 Nov 1994 08:49:37 GMT" + b" " * 100,
        b"Sun, 06 Nov 1994 08:49:\xb2\xb2 GMT",
    ],
)
def test_what_is_not_a_date_is_none(value: bytes | None) -> None:
    assert http_date_s(value) is None


WORDS = (
    "Sun,",
    "06",
    "Nov",
    "1994",
    "08:49:37",
    "GMT",
    "-",
    ":",
    ",",
    "+0100",
    "99999",
)
ALMOST_DATES = st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=8)


@given(
    st.binary(max_size=80)
    | ALMOST_DATES.map(lambda words: " ".join(words).encode("latin-1", "replace"))
)
def test_any_bytes_are_a_date_within_the_years_or_none(value: bytes) -> None:
    read_s = http_date_s(value)

    assert read_s is None or YEAR_1_S <= read_s <= YEAR_9999_S


@given(st.integers(0, 4102444800))
def test_a_date_is_read_as_it_was_written(epoch_s: int) -> None:
    assert http_date_s(http_date(epoch_s)) == epoch_s


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"60", 60),
        (b"9" * 309, MAX_DELTA_S),
        (b"Sun, 06 Nov 1994 08:50:37 GMT", 60),
        (b"Sun, 06 Nov 1994 08:48:37 GMT", 0),
        (b"Fri, 31 Dec 9999 23:59:59 GMT", MAX_DELTA_S),
        (b"soon", 0),
        (b"-1", 0),
        (b"", 0),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: bytes, expected: float) -> None:
    assert retry_after_s(value, EPOCH_S) == expected


@pytest.mark.parametrize("unit", [b"9", b"0", b" ", b",", b"9,", b":", b"-", b"Nov "])
def test_reading_takes_time_in_proportion_to_the_length(unit: bytes) -> None:
    def make(size: int) -> bytes:
        return unit * (size // len(unit))

    assert growth_exponent(delta_seconds, make) <= LINEAR
    assert growth_exponent(http_date_s, make) <= LINEAR
    assert growth_exponent(lambda value: age_s(((b"age", value),)), make) <= LINEAR
