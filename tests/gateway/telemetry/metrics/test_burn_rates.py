"""The burn rates of objectives, over windows of a process that runs for hours."""

import pytest

from tests.support.fake_clock import FakeClock
from weir.gateway.telemetry.metrics.burn_rates import WINDOWS_S, BurnRates
from weir.gateway.telemetry.metrics.store import MetricsStore
from weir.gateway.telemetry.objective import Objective, Objectives

HOME = Objective(client_type="web", operation="Home", within_s=0.4, target=0.99)


class Hours:
    """A process in which time passes, with good and bad requests in each minute."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = MetricsStore()
        objectives = Objectives((HOME,))
        self.burns = BurnRates(self.store, self.clock, lambda: objectives)

    def pass_minutes(self, minutes: int, *, good: int = 0, bad: int = 0) -> None:
        for _ in range(minutes):
            self.clock.advance(60.0)
            self.store.slo_requests.add(("web/Home",), good + bad)
            self.store.slo_good.add(("web/Home",), good)
            self.burns.record()

    def rates(self) -> list[float]:
        (state,) = self.burns.states()
        return [round(each.rate, 3) for each in state.burns]


def test_a_rate_of_1_is_what_the_target_allows() -> None:
    hours = Hours()
    hours.pass_minutes(600, good=99, bad=1)

    assert hours.rates() == [1.0, 1.0, 1.0, 1.0]


def test_an_outage_shows_first_in_the_short_windows_and_stays_in_the_long_ones() -> (
    None
):
    hours = Hours()
    hours.pass_minutes(600, good=100)
    hours.pass_minutes(5, bad=100)
    during = hours.rates()
    hours.pass_minutes(30, good=100)

    assert during == [
        100.0,
        pytest.approx(100 / 6, abs=0.01),
        pytest.approx(100 / 12, abs=0.01),
        pytest.approx(100 / 72, abs=0.01),
    ]
    assert hours.rates()[:2] == [0.0, 0.0]
    assert hours.rates()[3] == pytest.approx(100 / 72, abs=0.01)


def test_a_young_process_has_rates_since_its_start() -> None:
    hours = Hours()
    hours.pass_minutes(2, good=98, bad=2)
    (state,) = hours.burns.states()

    assert [each.covered_s for each in state.burns] == [120.0] * 4
    assert hours.rates() == [2.0] * 4
    assert (state.requests, state.good) == (200, 196)


def test_without_requests_nothing_burns() -> None:
    assert Hours().rates() == [0.0] * 4


def test_the_metrics_have_each_window_and_the_target() -> None:
    burns = Hours().burns

    assert [labels for labels, _ in burns.rates()] == [
        ("web/Home", window) for window in WINDOWS_S
    ]
    assert list(burns.targets()) == [(("web/Home",), 0.99)]
