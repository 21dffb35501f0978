"""Metrics of several processes."""

import pickle
from functools import reduce
from operator import add

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.telemetry.metrics.series import Histogram
from weir.gateway.telemetry.metrics.snapshot import Description, Merge, MetricsSnapshot
from weir.gateway.telemetry.metrics.store import MetricsStore

Request = tuple[str, int]
"""A route, and sixteenths of a second (which add up without rounding)."""

REQUESTS = st.lists(st.tuples(st.sampled_from(["/a", "/b", "/c"]), st.integers(0, 999)))


def record(store: MetricsStore, requests: list[Request]) -> MetricsSnapshot:
    for route, sixteenths in requests:
        store.requests.add(("GET", route, "200", "web"))
        store.request_duration.observe(("GET", route, "web"), sixteenths / 16)
    store.in_flight.set((), len(requests))
    return store.snapshot()


@given(st.lists(REQUESTS, min_size=1, max_size=4))
def test_the_sum_of_workers_is_what_one_process_had_recorded(
    workers: list[list[Request]],
) -> None:
    snapshots = [record(MetricsStore(), requests) for requests in workers]
    everything = [request for requests in workers for request in requests]

    assert reduce(add, snapshots) == record(MetricsStore(), everything)


def test_a_snapshot_can_be_sent_to_another_process() -> None:
    snapshot = record(MetricsStore(), [("/a", 1)])

    assert pickle.loads(pickle.dumps(snapshot)) == snapshot  # noqa: S301 - our own


@pytest.mark.parametrize(
    ("gauge", "merged"),
    [("instances", 0.0), ("breakers", 1.0), ("connections", 1.0)],
)
def test_gauges_merge_by_their_meaning(gauge: str, merged: float) -> None:
    stores = MetricsStore(), MetricsStore()
    for value, store in enumerate(stores):
        getattr(store, gauge).set(("x",), value)
    both = stores[0].snapshot() + stores[1].snapshot()

    (values,) = (each.values for each in both.gauges.values() if each.values)
    assert values == {("x",): merged}


@pytest.mark.parametrize(
    ("merge", "value"), [(Merge.SUM, 5.0), (Merge.MIN, 2.0), (Merge.MAX, 3.0)]
)
def test_a_merge_of_two_values(merge: Merge, value: float) -> None:
    assert merge.of(2.0, 3.0) == value


def test_histograms_with_other_buckets_are_not_added() -> None:
    about = Description("n", "d")
    one = Histogram(about, bounds=(1.0,)).snapshot()
    other = Histogram(about, bounds=(2.0,)).snapshot()

    with pytest.raises(ValueError, match="n: the buckets differ"):
        one + other
