import pytest
from msgspec import structs

from tests.support import events
from tests.support.fake_clock import FakeClock
from weir.gateway.events import RequestFinished, ServiceFailure
from weir.gateway.telemetry.metrics.rates import (
    INTERVAL_S,
    RateHistory,
    Rates,
    quantile,
)
from weir.gateway.telemetry.metrics.series import DURATION_BOUNDS_S
from weir.gateway.telemetry.metrics.sink import MetricsSink
from weir.gateway.telemetry.metrics.store import MetricsStore

FAILED = structs.replace(events.REQUEST, status=503, error_code="OVERLOADED")
PARTIAL = structs.replace(
    events.REQUEST,
    failures=(
        ServiceFailure(service="catalog", code="X", count=2, detail=""),
        ServiceFailure(service="reviews", code="X", count=1, detail=""),
    ),
)
PARTIAL_QUERY = structs.replace(PARTIAL, operation="")
PROBE = structs.replace(events.REQUEST, route="/ready", client_type="", operation="")
BY_ROUTE = structs.replace(FAILED, client_type="", operation="")
LOST = structs.replace(events.ATTEMPT, status=0, outcome="UPSTREAM_CONNECTION_LOST")


class Gateway:
    """A store with its history, and time that passes."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = MetricsStore()
        self.sink = MetricsSink(self.store)
        self.history = RateHistory(self.store, self.clock)

    def pass_time(self, seconds: float, *each_interval: RequestFinished) -> None:
        for _ in range(round(seconds / INTERVAL_S)):
            for event in each_interval:
                self.sink.emit(event)
            self.clock.advance(INTERVAL_S)
            self.history.record()

    def facade(self, window: int) -> Rates:
        (found,) = self.history.rates()[window].facades
        return found


def test_a_window_has_the_requests_of_its_time_alone() -> None:
    gateway = Gateway()
    gateway.pass_time(600, events.REQUEST, FAILED)
    gateway.pass_time(60, events.REQUEST)

    minute, five_minutes, hour = (gateway.facade(window) for window in range(3))

    assert minute.requests_per_s == pytest.approx(0.1)
    assert minute.error_share == 0
    assert five_minutes.requests_per_s == pytest.approx((24 * 2 + 6) / 300)
    assert five_minutes.error_share == pytest.approx(24 / (24 * 2 + 6))
    assert hour.error_share == pytest.approx(60 / 126)
    assert gateway.history.rates()[2].covered_s == pytest.approx(660)


def test_each_name_has_its_own_rates() -> None:
    gateway = Gateway()
    gateway.sink.emit(events.REQUEST)
    gateway.sink.emit(PROBE)
    gateway.sink.emit(events.ATTEMPT)
    gateway.sink.emit(LOST)
    gateway.clock.advance(10)

    minute = gateway.history.rates()[0]

    assert [each.name for each in minute.facades] == ["web"]
    assert [each.name for each in minute.operations] == ["web/Home"]
    assert [each.name for each in minute.routes] == ["GET /ready", "GET /web/v1/home"]
    (service,) = minute.services
    assert (service.name, service.error_share) == ("catalog", 0.5)
    assert service.requests_per_s == pytest.approx(0.2)


def test_a_response_that_lacks_a_part_is_an_error_of_its_facade_and_operation() -> None:
    gateway = Gateway()
    for event in (events.REQUEST, PARTIAL, PARTIAL_QUERY, BY_ROUTE):
        gateway.sink.emit(event)
    gateway.clock.advance(10)

    minute = gateway.history.rates()[0]

    (facade,), (operation,) = minute.facades, minute.operations
    assert facade.name == "web"
    assert facade.error_share == pytest.approx(2 / 3)
    assert (operation.name, operation.error_share) == ("web/Home", 0.5)


def test_names_are_bounded() -> None:
    gateway = Gateway()
    for number in range(300):
        gateway.sink.emit(structs.replace(events.REQUEST, route=f"/{number}"))
    gateway.clock.advance(10)

    routes = gateway.history.rates()[0].routes

    assert len(routes) == 201
    (other,) = [each for each in routes if each.name == "other"]
    assert other.requests_per_s == pytest.approx(10.0)


def test_a_day_takes_no_more_moments_than_two_hours() -> None:
    def moments(seconds: float) -> int:
        gateway = Gateway()
        gateway.pass_time(seconds)
        return len(gateway.history.moments)

    assert moments(24 * 3600) == moments(2 * 3600) < 100


def test_a_name_without_requests_has_no_latency() -> None:
    gateway = Gateway()
    gateway.pass_time(60, events.REQUEST)
    gateway.pass_time(120)

    assert gateway.facade(0).p99_s is None
    assert gateway.facade(1).p50_s is not None


@pytest.mark.parametrize(
    ("share", "buckets", "expected"),
    [
        (0.5, (0, 10, 0, 0), 1.5),
        (0.5, (10, 0, 0, 0), 0.5),
        (0.95, (90, 10, 0, 0), 1.5),
        (0.99, (0, 0, 0, 5), 4.0),
        (0.5, (0, 0, 0, 0), None),
        (0.5, (), None),
    ],
)
def test_a_quantile_is_that_of_prometheus(
    share: float, buckets: tuple[int, ...], expected: float | None
) -> None:
    assert quantile(share, buckets, (1.0, 2.0, 4.0)) == expected


def test_durations_are_within_their_bucket() -> None:
    gateway = Gateway()
    gateway.sink.emit(events.REQUEST)
    gateway.clock.advance(10)

    p50_s = gateway.facade(0).p50_s

    duration_s = events.REQUEST.ended_s - events.REQUEST.started_s
    above = next(bound for bound in DURATION_BOUNDS_S if bound >= duration_s)
    assert p50_s is not None
    assert above / 2.5 <= p50_s <= above
