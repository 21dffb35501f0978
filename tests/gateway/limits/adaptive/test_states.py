"""A limit that follows a service: what passes in any time, whatever its health."""

from collections.abc import Iterator
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.limits.adaptive.health import ServiceHealth
from weir.gateway.limits.adaptive.rate import AdaptiveRate
from weir.gateway.limits.adaptive.states import AdaptiveStates, lowered
from weir.gateway.limits.bucket import Decision
from weir.gateway.limits.buckets import Buckets
from weir.gateway.limits.policy import RateLimit

KEY = b"key"
FLOOR = 0.1


def limit(count: int, burst: int) -> RateLimit:
    return RateLimit(name="each", count=count, window_s=1, burst=burst)


def adaptive(rate: RateLimit, health: list[ServiceHealth]) -> AdaptiveStates:
    """Return states that see the next health in each second, and the last one then."""
    found: Iterator[ServiceHealth] = iter(health)

    def read(since_s: float, now_s: float) -> ServiceHealth:
        assert since_s < now_s
        return next(found, health[-1])

    return AdaptiveStates(Buckets(rate), AdaptiveRate(FLOOR, 1000), read)


def is_allowed(states: AdaptiveStates, now_s: float, cost: int = 1) -> bool:
    decision = states.take(KEY, now_s, cost)
    assert isinstance(decision, Decision)
    return decision.allowed


healths = st.sampled_from(["closed", "half_open", "open"]).map(
    lambda breaker: ServiceHealth(breaker=breaker)
)


@given(
    st.builds(limit, st.sampled_from([1, 5, 40]), st.sampled_from([1, 3, 40])),
    st.lists(healths, min_size=1, max_size=20),
    st.lists(
        st.tuples(st.floats(0, 2), st.integers(1, 3), st.booleans()),
        min_size=1,
        max_size=60,
    ),
)
def test_never_more_passes_than_the_whole_limit_allows(
    rate: RateLimit,
    health: list[ServiceHealth],
    requests: list[tuple[float, int, bool]],
) -> None:
    """Refunds are mixed in: they never create tokens, whenever they come."""
    states, now_s = adaptive(rate, health), 1000.0
    passed, refunds = list[tuple[float, int]](), list[int]()
    for gap_s, cost, is_refunded in requests:
        now_s += gap_s
        if refunds:
            states.refund(KEY, refunds.pop())
        if is_allowed(states, now_s, cost):
            if is_refunded:
                refunds.append(cost)
            else:
                passed.append((now_s, cost))
    for first, (begin_s, _) in enumerate(passed):
        total = 0
        for end_s, cost in passed[first:]:
            total += cost
            length_s = end_s - begin_s
            assert total <= rate.burst + rate.count * length_s + 1e-6


@given(
    st.builds(limit, st.sampled_from([20, 50]), st.sampled_from([1, 20, 50])),
    st.lists(healths, min_size=1, max_size=30),
)
def test_never_less_passes_than_the_floor(
    rate: RateLimit, health: list[ServiceHealth]
) -> None:
    states = adaptive(rate, health)
    times_s = [1000 + number / (2 * rate.count) for number in range(40 * rate.count)]

    passed = [at_s for at_s in times_s if is_allowed(states, at_s)]

    longest_s = max(after - before for before, after in pairwise(passed))
    # The burst has whole requests, so that one of them may have to wait longer.
    assert longest_s <= 2 / (FLOOR * rate.count)
    assert len(passed) >= FLOOR * rate.count * 20 - 2


def test_a_limit_falls_with_its_service_and_recovers() -> None:
    down, up = ServiceHealth(breaker="open"), ServiceHealth()
    states = adaptive(limit(100, 100), [*[up] * 5, *[down] * 5, up])
    random, passed = Random(3), [0] * 40  # noqa: S311 - a schedule
    now_s = 1000.0
    while now_s < 1040:
        passed[int(now_s - 1000)] += is_allowed(states, now_s)
        now_s += random.uniform(0.001, 0.008)

    assert min(passed[1:5]) >= 95
    assert max(passed[9:11]) <= 15
    assert min(passed[35:]) >= 95
    assert states.peek(KEY, 1100).remaining == 100


@pytest.mark.parametrize(
    ("share", "burst", "interval_s"),
    [(1, 10, 0.1), (0.5, 5, 0.2), (0.25, 2, 0.4), (0.01, 1, 10)],
)
def test_a_share_has_a_part_of_the_rate_and_one_request_at_least(
    share: float, burst: int, interval_s: float
) -> None:
    part = lowered(limit(10, 10), share)

    assert part.burst == burst
    assert part.interval_s == pytest.approx(interval_s)
