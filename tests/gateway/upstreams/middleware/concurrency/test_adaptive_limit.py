"""The limit finds the knee of a simulated service, and follows it."""

from weir.gateway.upstreams.middleware.concurrency.adaptive_limit import (
    LEAST,
    AdaptiveLimit,
)


def settle(
    limit: AdaptiveLimit, width: int, base_s: float = 0.01, calls: int = 20_000
) -> list[int]:
    """Run a service that does `width` calls at once; the others wait their turn."""
    history: list[int] = []
    for _ in range(calls):
        in_flight = limit.limit
        limit.observe(base_s * max(1.0, in_flight / width), in_flight)
        history.append(limit.limit)
    return history


def test_it_grows_to_what_the_service_can_do_and_not_much_beyond() -> None:
    history = settle(AdaptiveLimit(1000), width=100)

    assert all(100 <= limit <= 200 for limit in history[10_000:] if limit != LEAST)


def test_it_probes_seldom_and_briefly() -> None:
    history = settle(AdaptiveLimit(1000), width=100)

    assert history[100:].count(LEAST) < 0.02 * len(history)


def test_it_never_passes_its_ceiling_nor_falls_to_nothing() -> None:
    assert max(settle(AdaptiveLimit(50), width=100)) == 50
    assert min(settle(AdaptiveLimit(1000), width=1)) == LEAST
    assert set(settle(AdaptiveLimit(2), width=100)) == {2}


def test_it_falls_when_the_service_becomes_slow() -> None:
    limit = AdaptiveLimit(1000)
    settle(limit, width=200, calls=12_000)
    before = limit.limit

    for _ in range(1000):
        limit.observe(0.1, limit.limit)

    assert limit.limit < before / 2


def test_a_service_that_is_hardly_asked_teaches_nothing() -> None:
    limit = AdaptiveLimit(1000)
    settle(limit, width=100, calls=40)
    before = limit.limit

    for _ in range(1000):
        limit.observe(0.01, 1)

    assert limit.limit == before
