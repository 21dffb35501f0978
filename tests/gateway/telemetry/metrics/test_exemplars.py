"""Durations with the traces of sampled requests, in OpenMetrics alone."""

import pickle
from typing import Any

import pytest
from msgspec import structs
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.support import events
from tests.support.fake_clock import FakeClock
from weir.gateway.events import AttemptFinished, RequestFinished
from weir.gateway.telemetry.metrics.prometheus import Format, exposition
from weir.gateway.telemetry.metrics.series import MAX_SERIES
from weir.gateway.telemetry.metrics.sink import MetricsSink
from weir.gateway.telemetry.metrics.snapshot import MetricsSnapshot
from weir.gateway.telemetry.metrics.store import MetricsStore
from weir.gateway.trace_parent import TraceParent


def sampled(
    event: RequestFinished | AttemptFinished, trace_id: str, duration_s: float = 0.01
) -> RequestFinished | AttemptFinished:
    trace = TraceParent(trace_id=trace_id, parent_id="3" * 16, flags="01")
    ended_s = event.started_s + duration_s
    return structs.replace(event, trace=trace, ended_s=ended_s)


def traces(metrics: MetricsSnapshot) -> dict[str, list[str]]:
    """Return the ids of the exemplars by family, in the order of the buckets."""
    text = exposition(metrics, Format.OPENMETRICS).decode()
    parse: Any = text_string_to_metric_families  # it has no types
    found: dict[str, list[str]] = {
        family.name: [
            each.exemplar.labels["trace_id"] for each in family.samples if each.exemplar
        ]
        for family in parse(text)
    }
    return {name: ids for name, ids in found.items() if ids}


def test_the_last_sampled_request_of_a_bucket_is_its_exemplar() -> None:
    store, clock = MetricsStore(), FakeClock(0.5)
    sink = MetricsSink(store, exemplars=clock)
    for event in (
        sampled(events.REQUEST, "a" * 32),
        sampled(events.REQUEST, "b" * 32),
        sampled(events.REQUEST, "c" * 32, duration_s=99.0),
        events.REQUEST,
        sampled(events.ATTEMPT, "d" * 32),
        events.ATTEMPT,
    ):
        sink.emit(event)

    snapshot = store.snapshot()
    assert traces(snapshot) == {
        "gateway_request_duration": ["b" * 32, "c" * 32],
        "gateway_backend_duration": ["d" * 32],
    }
    (exemplar,) = snapshot.histograms["gateway_backend_duration"].exemplars.values()
    assert exemplar.value == pytest.approx(0.01)
    assert exemplar.at_s == clock.epoch_s()
    assert "trace_id" not in exposition(snapshot).decode()


def test_without_traces_there_are_none() -> None:
    store = MetricsStore()
    MetricsSink(store).emit(sampled(events.REQUEST, "a" * 32))

    assert traces(store.snapshot()) == {}


def test_exemplars_of_workers_are_gathered_with_their_counts() -> None:
    clock, worker, total = FakeClock(), MetricsStore(), MetricsStore()
    sink, sent = MetricsSink(worker, exemplars=clock), MetricsSnapshot({}, {}, {})
    for trace_id in ("a" * 32, "b" * 32):
        clock.advance(1.0)
        sink.emit(sampled(events.REQUEST, trace_id))
        now = worker.snapshot()
        delta: MetricsSnapshot = pickle.loads(  # noqa: S301 - our own
            pickle.dumps(now.since(sent))
        )
        total.absorb(delta)
        sent = now
    unchanged = worker.snapshot().since(sent)

    assert traces(total.snapshot()) == traces(worker.snapshot())
    assert traces(total.snapshot()) == {"gateway_request_duration": ["b" * 32]}
    assert not unchanged.histograms["gateway_request_duration"].exemplars


def test_the_sum_has_the_later_exemplar() -> None:
    clock, stores = FakeClock(), (MetricsStore(), MetricsStore())
    for store, trace_id in zip(stores, ("a" * 32, "b" * 32), strict=True):
        clock.advance(1.0)
        MetricsSink(store, exemplars=clock).emit(sampled(events.REQUEST, trace_id))
    first, second = (each.snapshot() for each in stores)

    assert traces(first + second) == traces(second + first)
    assert traces(first + second) == {"gateway_request_duration": ["b" * 32]}


def test_series_beyond_the_limit_have_no_exemplars() -> None:
    store = MetricsStore()
    sink = MetricsSink(store, exemplars=FakeClock())
    for number in range(MAX_SERIES + 10):
        event = sampled(events.REQUEST, "a" * 32)
        sink.emit(structs.replace(event, route=f"/{number}"))

    exemplars = store.snapshot().histograms["gateway_request_duration"].exemplars
    assert len(exemplars) == MAX_SERIES


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", Format.TEXT),
        ("*/*", Format.TEXT),
        ("text/plain;version=0.0.4", Format.TEXT),
        ("application/openmetrics-text", Format.OPENMETRICS),
        (
            "application/openmetrics-text;version=1.0.0;escaping=x;q=0.5,text/plain",
            Format.OPENMETRICS,
        ),
        ("Application/OpenMetrics-Text; version=9\x00", Format.OPENMETRICS),
        ("application/openmetrics-textual", Format.TEXT),
        ("," * 1000, Format.TEXT),
    ],
)
def test_the_format_is_the_one_that_is_accepted(accept: str, form: Format) -> None:
    assert Format.accepted(accept) is form
