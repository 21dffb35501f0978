"""The algorithm of a rate limit: what passes in any time, and what a client is told."""

import os
from math import inf
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.limits.bucket import Level, decide
from weir.gateway.limits.buckets import MAX_KEYS, Buckets
from weir.gateway.limits.policy import RateLimit

KEY = b"key"
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def limit(count: int, window_s: float, burst: int) -> RateLimit:
    return RateLimit(name="burst", count=count, window_s=window_s, burst=burst)


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


# Per second 2, at once 3: what is left after each of these arrivals.
@pytest.mark.parametrize(
    ("arrivals_s", "allowed"),
    [
        ([0, 0, 0, 0], [True, True, True, False]),
        ([0, 0, 0, 0.4, 0.5], [True, True, True, False, True]),
        ([0, 0, 0, 10, 10, 10, 10], [True] * 6 + [False]),
        ([0, 0.5, 1, 1.5, 2], [True] * 5),
    ],
)
def test_a_burst_passes_and_then_the_rate(
    arrivals_s: list[float], allowed: list[bool]
) -> None:
    buckets = Buckets(limit(2, 1, 3))

    assert [buckets.take(KEY, at).allowed for at in arrivals_s] == allowed


def test_a_bucket_has_what_is_left_and_a_refusal_the_time_to_come_back() -> None:
    buckets = Buckets(limit(60, 60, 3))

    assert buckets.take(KEY, 100).retry_after_s == 0
    assert buckets.peek(KEY, 100) == Level(remaining=2, reset_s=1)
    buckets.take(KEY, 100)
    buckets.take(KEY, 100)
    assert buckets.peek(KEY, 100) == Level(remaining=0, reset_s=3)
    refused = buckets.take(KEY, 100.25)

    assert not refused.allowed
    assert refused.retry_after_s == pytest.approx(0.75)


def test_a_request_larger_than_the_bucket_never_passes() -> None:
    decision = decide(limit(10, 1, 3), None, 0, 4)

    assert (decision.allowed, decision.retry_after_s) == (False, inf)


def test_reading_the_state_takes_nothing() -> None:
    buckets = Buckets(limit(1, 60, 1))

    assert buckets.peek(KEY, 0).remaining == 1
    assert buckets.take(KEY, 0).allowed
    assert buckets.peek(KEY, 0).remaining == 0


limits = st.builds(
    limit,
    st.integers(1, 50),
    st.sampled_from([1.0, 3.0, 60.0]),
    st.integers(1, 20),
)
gaps = st.lists(st.floats(0, 5), min_size=1, max_size=60)


@given(limits, gaps, st.data())
def test_no_window_of_any_length_lets_more_than_burst_and_rate_pass(
    rate: RateLimit, gaps_s: list[float], data: st.DataObject
) -> None:
    """Refunds and reads are mixed in: they never create tokens."""
    buckets = Buckets(rate)
    now_s, passed = 1000.0, list[tuple[float, int]]()
    for gap_s in gaps_s:
        now_s += gap_s
        cost = data.draw(st.integers(1, 4))
        if buckets.take(KEY, now_s, cost).allowed:
            if data.draw(st.integers(0, 3)) == 0:
                buckets.refund(KEY, cost)
            else:
                passed.append((now_s, cost))
        buckets.peek(KEY, now_s)
    for first, (begin_s, _) in enumerate(passed):
        for last in range(first, len(passed)):
            length_s = passed[last][0] - begin_s
            total = sum(cost for _, cost in passed[first : last + 1])
            assert total <= rate.burst + rate.count * length_s / rate.window_s + 1e-6


@given(limits, gaps)
def test_a_request_passes_at_its_retry_after(
    rate: RateLimit, gaps_s: list[float]
) -> None:
    buckets, now_s = Buckets(rate), 0.0
    for gap_s in gaps_s:
        now_s += gap_s
        decision = buckets.take(KEY, now_s)
        if not decision.allowed:
            early = decide(
                rate, decision.full_at_s, now_s + decision.retry_after_s * 0.99
            )
            assert not early.allowed or decision.retry_after_s < 1e-6
            now_s += decision.retry_after_s
            assert buckets.take(KEY, now_s).allowed


def test_many_keys_take_bounded_memory_and_a_busy_one_is_not_forgotten() -> None:
    buckets = Buckets(limit(10, 3600, 10), max_keys=1000)
    for _ in range(10):
        assert buckets.take(KEY, 0).allowed
    for number in range(200_000):
        buckets.take(b"%d" % number, 0)
        if number % 500 == 0:
            assert not buckets.take(KEY, 0).allowed

    assert buckets.keys == 1000


def test_a_million_keys_take_bounded_memory_and_time_and_spare_the_busy() -> None:
    """The busy key is not used meanwhile; the others are used once."""
    buckets = Buckets(limit(10, 3600, 10))
    for _ in range(10):
        assert buckets.take(KEY, 0).allowed
    before = resident_bytes()
    for number in range(1_000_000):
        buckets.take(number.to_bytes(16), 0)

    assert buckets.keys == MAX_KEYS
    assert resident_bytes() - before < 100 * 1024 * 1024
    assert not buckets.take(KEY, 0).allowed


def test_a_full_bucket_is_forgotten() -> None:
    buckets = Buckets(limit(10, 1, 1))
    for number in range(100):
        buckets.take(b"%d" % number, number)

    assert buckets.keys < 10
