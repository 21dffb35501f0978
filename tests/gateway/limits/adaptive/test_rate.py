"""The share of a limit that follows a service: when it falls, and how it recovers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.limits.adaptive.health import ServiceHealth
from weir.gateway.limits.adaptive.rate import AdaptiveRate

WELL = ServiceHealth(calls=100, latency_s=0.01)
IDLE = ServiceHealth()
OPEN = ServiceHealth(breaker="open")
HALF_OPEN = ServiceHealth(breaker="half_open")
FAILING = ServiceHealth(calls=100, failed=10, latency_s=0.01)
SLOW = ServiceHealth(calls=100, latency_s=0.05)

# The health in each second, and the shares that follow.
SCHEDULES = [
    ([WELL, WELL], [1, 1]),
    ([OPEN, OPEN, OPEN, OPEN], [0.5, 0.25, 0.2, 0.2]),
    ([FAILING, WELL, WELL, WELL], [0.5, 0.55, 0.6, 0.65]),
    ([ServiceHealth(calls=9, failed=9)], [1]),
    ([ServiceHealth(calls=100, failed=9)], [1]),
    ([OPEN, OPEN, HALF_OPEN, HALF_OPEN, WELL], [0.5, 0.25, 0.25, 0.25, 0.3]),
    ([OPEN, IDLE, IDLE], [0.5, 0.55, 0.6]),
    # One slow second is not a trend, and neither are two with a pause between them.
    ([WELL, SLOW, WELL], [1, 1, 1]),
    ([WELL, SLOW, IDLE, SLOW], [1, 1, 1, 1]),
    ([WELL, SLOW, SLOW, SLOW, WELL], [1, 1, 0.5, 0.25, 0.3]),
    # What is usual for this service is not slow.
    ([SLOW, SLOW, SLOW], [1, 1, 1]),
]


@pytest.mark.parametrize(("schedule", "shares"), SCHEDULES)
def test_trouble_halves_the_share_and_other_seconds_restore_it(
    schedule: list[ServiceHealth], shares: list[float]
) -> None:
    rate, found = AdaptiveRate(0.2, 1000), list[float]()
    for second, health in enumerate(schedule, 1):
        rate.observe(health, 1000 + second)
        found.append(rate.share)

    assert found == pytest.approx(shares)


@pytest.mark.parametrize(
    ("health", "trouble"), [(WELL, ""), (OPEN, "breaker"), (FAILING, "errors")]
)
def test_the_trouble_is_known(health: ServiceHealth, trouble: str) -> None:
    rate = AdaptiveRate(0.2, 0)
    rate.observe(health, 1)

    assert rate.trouble == trouble


def test_the_share_changes_once_in_a_second_and_for_each_second_that_passed() -> None:
    rate = AdaptiveRate(0.1, 0)
    for part in range(1, 10):
        rate.observe(OPEN, part / 10)
    assert rate.share == 1
    rate.observe(OPEN, 3)
    assert rate.share == pytest.approx(0.125)
    rate.observe(IDLE, 13)
    assert rate.share == pytest.approx(0.625)


def test_a_service_that_remains_slower_is_not_slow_forever() -> None:
    rate = AdaptiveRate(0.1, 0)
    for second in range(1, 600):
        rate.observe(WELL if second < 60 else SLOW, second)

    assert rate.share == 1


healths = st.builds(
    ServiceHealth,
    breaker=st.sampled_from(["closed", "closed", "half_open", "open"]),
    calls=st.integers(0, 50),
    failed=st.integers(0, 50),
    latency_s=st.none() | st.floats(0.0001, 10),
)


@given(
    st.floats(0.01, 0.99),
    st.lists(st.tuples(st.floats(0, 5), healths), max_size=50),
)
def test_the_share_remains_in_its_bounds_and_always_recovers(
    least: float, schedule: list[tuple[float, ServiceHealth]]
) -> None:
    rate, now_s = AdaptiveRate(least, 1000), 1000.0
    for passed_s, health in schedule:
        now_s += passed_s
        before = rate.share
        rate.observe(health, now_s)
        assert least <= rate.share <= 1
        if health.breaker == "open":
            assert rate.share <= before

    for _ in range(25):
        now_s += 1
        rate.observe(IDLE, now_s)
    assert rate.share == 1
