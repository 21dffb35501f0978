from collections.abc import Callable

import pytest

from weir.gateway.telemetry.metrics.series import MAX_SERIES, Counter, Gauge, Histogram
from weir.gateway.telemetry.metrics.snapshot import Description, Labels, Merge

ABOUT = Description("n", "d", ("a",))
MANY = [(str(number),) for number in range(MAX_SERIES + 10)]


def counted() -> set[Labels]:
    counter = Counter(ABOUT)
    for labels in MANY:
        counter.add(labels)
    return set(counter.snapshot().values)


def gauged() -> set[Labels]:
    gauge = Gauge(ABOUT, Merge.MAX)
    for labels in MANY:
        gauge.set(labels, 1)
    return set(gauge.snapshot().values)


def observed() -> set[Labels]:
    histogram = Histogram(ABOUT, bounds=(1.0,))
    for labels in MANY:
        histogram.observe(labels, 0.5)
    return set(histogram.snapshot().values)


@pytest.mark.parametrize("record", [counted, gauged, observed])
def test_series_are_bounded(record: Callable[[], set[Labels]]) -> None:
    labels = record()

    assert len(labels) == MAX_SERIES + 1
    assert ("other",) in labels


def test_a_value_on_a_bound_belongs_below_it() -> None:
    histogram = Histogram(Description("n", "d"), bounds=(1.0, 2.0))
    for value in (0.0, 1.0, 1.5, 2.0, 9.0):
        histogram.observe((), value)

    assert histogram.snapshot().values[()].buckets == (2, 2, 1)
    assert histogram.snapshot().values[()].total == 13.5


def test_a_snapshot_does_not_change() -> None:
    counter, histogram = Counter(ABOUT), Histogram(ABOUT)
    counter.add(("x",))
    histogram.observe(("x",), 0.1)
    before = counter.snapshot(), histogram.snapshot()

    counter.add(("x",))
    histogram.observe(("x",), 0.1)

    assert before[0].values == {("x",): 1}
    assert sum(before[1].values["x",].buckets) == 1
