"""Snapshots of metrics as metrics of OpenTelemetry, sent at an interval.

A snapshot has the totals since the start. The next one replaces one that is lost, and
nothing has to be queued. A thread sends them, so that a collector that is slow or down
delays no request.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from queue import SimpleQueue
from typing import Any, Final

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExporter,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource

from weir.gateway.clock import Clock
from weir.gateway.telemetry.metrics.snapshot import (
    CounterSnapshot,
    Description,
    GaugeSnapshot,
    HistogramSnapshot,
    Labels,
    MetricsSnapshot,
)
from weir.gateway.telemetry.otel.resource import SCOPE, process_resource

_LOG: Final = logging.getLogger("weir.metrics")
_FLUSH_S: Final = 1.0
_NS_PER_S: Final = 1_000_000_000
_CUMULATIVE: Final = AggregationTemporality.CUMULATIVE
_NOT_RECORDED: Final[Any] = None
"""The least and the largest value, which the protocol does not need."""


class MetricsExport:
    """The export to an `endpoint`; without one, OpenTelemetry names it."""

    def __init__(
        self,
        endpoint: str | None,
        interval_s: float,
        clock: Clock,
        exporter: MetricExporter | None = None,
    ) -> None:
        self._exporter = exporter or OTLPMetricExporter(endpoint)
        self._interval_s = interval_s
        self._clock = clock
        self._made = MetricsFactory(process_resource(os.environ), clock)
        self._snapshots: SimpleQueue[MetricsSnapshot | None] = SimpleQueue()
        # A daemon: the process must end although the collector does not respond.
        self._thread = threading.Thread(
            target=self._send, name="weir-metrics-export", daemon=True
        )
        self._thread.start()

    async def run(self, read: Callable[[], Awaitable[MetricsSnapshot]]) -> None:
        """Send what `read` returns until the task is cancelled."""
        while True:
            await asyncio.sleep(self._interval_s)
            # An export that still waits for its collector has older totals.
            if self._snapshots.empty():
                self._snapshots.put(await read())

    async def close(self, last: MetricsSnapshot) -> None:
        """Send the last totals, for a second at most."""
        self._snapshots.put(last)
        self._snapshots.put(None)
        await asyncio.to_thread(self._thread.join, _FLUSH_S)

    def _send(self) -> None:
        while (snapshot := self._snapshots.get()) is not None:
            try:
                metrics = self._made.metrics(snapshot)
                # The library has no type for the further arguments.
                self._exporter.export(metrics)  # pyright: ignore[reportUnknownMemberType]
            except Exception:  # noqa: BLE001 - the next export may succeed
                _LOG.exception("metrics were not sent")


class MetricsFactory:
    """The factory of the metrics of snapshots, with totals since its construction."""

    def __init__(self, resource: Resource, clock: Clock) -> None:
        self._resource = resource
        self._clock = clock
        self._start_ns = self._now_ns()

    def metrics(self, snapshot: MetricsSnapshot) -> MetricsData:
        """Return all metrics of a snapshot that have values."""
        now_ns = self._now_ns()
        found = [*self._metrics(snapshot, now_ns)]
        scope = ScopeMetrics(
            SCOPE, [each for each in found if each.data.data_points], ""
        )
        return MetricsData([ResourceMetrics(self._resource, [scope], "")])

    def _metrics(self, snapshot: MetricsSnapshot, now_ns: int) -> Iterator[Metric]:
        for counter in snapshot.counters.values():
            points = self._numbers(counter, now_ns)
            yield _metric(counter.about, Sum(points, _CUMULATIVE, is_monotonic=True))
        for gauge in snapshot.gauges.values():
            yield _metric(gauge.about, Gauge(self._numbers(gauge, now_ns)))
        for histogram in snapshot.histograms.values():
            data = Histogram(self._distributions(histogram, now_ns), _CUMULATIVE)
            yield _metric(histogram.about, data)

    def _numbers(
        self, family: CounterSnapshot | GaugeSnapshot, now_ns: int
    ) -> list[NumberDataPoint]:
        return [
            NumberDataPoint(
                _attributes(family.about, labels), self._start_ns, now_ns, value
            )
            for labels, value in family.values.items()
        ]

    def _distributions(
        self, family: HistogramSnapshot, now_ns: int
    ) -> list[HistogramDataPoint]:
        return [
            HistogramDataPoint(
                attributes=_attributes(family.about, labels),
                start_time_unix_nano=self._start_ns,
                time_unix_nano=now_ns,
                count=sum(value.buckets),
                sum=value.total,
                bucket_counts=value.buckets,
                explicit_bounds=family.bounds,
                min=_NOT_RECORDED,
                max=_NOT_RECORDED,
            )
            for labels, value in family.values.items()
        ]

    def _now_ns(self) -> int:
        return int(self._clock.epoch_s() * _NS_PER_S)


def _metric(about: Description, data: Sum | Gauge | Histogram) -> Metric:
    return Metric(about.name, about.documentation, "", data)


def _attributes(about: Description, labels: Labels) -> dict[str, str]:
    return dict(zip(about.labels, labels, strict=True))
