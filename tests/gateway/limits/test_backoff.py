"""Back-offs of clients that go on far beyond their limit."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.context import ANONYMOUS
from weir.gateway.limits.backoff import Backoff, Backoffs
from weir.gateway.limits.buckets import Buckets
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.errors import RateLimited
from weir.gateway.limits.key import LimitKey
from weir.gateway.limits.policy import RateLimit

EACH = RateLimit(
    name="each",
    count=10,
    window_s=1,
    burst=10,
    key=LimitKey(("address",)),
    max_backoff_s=8.0,
)
KEY = b"client"


def pauses(times_its_limit: float, seconds: float, backoff: Backoff) -> list[float]:
    """Return the lengths of the back-offs of a client with a steady rate."""
    buckets, found = Buckets(EACH), list[float]()
    requests = int(10 * times_its_limit * seconds)
    for number in range(requests):
        now_s = number / requests * seconds
        if backoff.left_s(KEY, now_s) or buckets.take(KEY, now_s).allowed:
            continue
        length_s = backoff.refused(KEY, now_s)
        if length_s:
            found.append(length_s)
    return found


@pytest.mark.parametrize("times", [0.5, 1.0, 2.0, 2.9])
def test_a_client_with_up_to_three_times_its_limit_has_no_back_off(
    times: float,
) -> None:
    assert pauses(times, 600, Backoff(EACH)) == []


def test_each_back_off_is_twice_as_long_up_to_the_longest() -> None:
    found = pauses(10, 60, Backoff(EACH))

    assert found[:5] == [1.0, 2.0, 4.0, 8.0, 8.0]


def refused_at(backoff: Backoff, now_s: float) -> float:
    """Return the length of the back-off that many refusals cause."""
    lengths = [backoff.refused(KEY, now_s) for _ in range(101)]
    assert not any(lengths[:100])
    return lengths[100]


def test_a_quiet_client_begins_anew() -> None:
    backoff = Backoff(EACH)

    assert refused_at(backoff, 0.0) == 1.0
    assert refused_at(backoff, 10.9) == 2.0
    assert refused_at(backoff, 12.9 + 20.1) == 1.0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 2)), max_size=300))
def test_a_back_off_is_never_longer_than_the_longest(
    refusals: list[tuple[str, float]],
) -> None:
    backoff, now_s = Backoff(EACH), 0.0
    for key, later_s in refusals:
        now_s += later_s / 100
        assert backoff.refused(key.encode(), now_s) <= EACH.max_backoff_s
        assert 0 <= backoff.left_s(key.encode(), now_s) <= EACH.max_backoff_s


def test_the_memory_is_bounded() -> None:
    backoff = Backoff(EACH, max_keys=5)
    for number in range(50):
        for _ in range(101):
            backoff.refused(b"%d" % number, 0.0)

    assert len(backoff.pauses) <= 5
    assert backoff.left_s(b"49", 0.0) == 1.0
    assert backoff.left_s(b"0", 0.0) == 0.0


def test_the_back_off_of_a_client_is_its_own() -> None:
    backoffs = Backoffs([Backoff(EACH)])
    loud, quiet = (Caller(f"192.0.2.{n}", {}, ANONYMOUS) for n in (1, 2))
    errors = [backoffs.refused(RateLimited(EACH, 0.1), loud, 0.0) for _ in range(101)]

    assert [each.closes_connection for each in errors] == [False] * 100 + [True]
    backoffs.check(quiet, 0.5)
    backoffs.check(loud, 1.1)
    with pytest.raises(RateLimited, match="too often") as raised:
        backoffs.check(loud, 0.5)
    assert not raised.value.closes_connection
    assert raised.value.retry_after_s == 0.5


def test_the_back_off_of_a_limit_goes_on_when_the_limit_is_built_again() -> None:
    """A generation keeps the back-offs of a limit, and may have new buckets for it."""
    backoffs = Backoffs([Backoff(EACH)])
    caller, again = Caller("192.0.2.1", {}, ANONYMOUS), replace(EACH)
    errors = [
        backoffs.refused(RateLimited(again, 0.1), caller, 0.0) for _ in range(101)
    ]

    assert errors[-1].backs_off
