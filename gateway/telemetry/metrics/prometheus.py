"""The formats of Prometheus, rendered from a snapshot by the client library.

OpenMetrics has exemplars, the text format has not. Prometheus accepts both.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from enum import Enum
from functools import partial
from itertools import accumulate
from typing import TypeAlias

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar as ExemplarSample

from weir.gateway.concurrency.single_flight import SingleFlight
from weir.gateway.telemetry.metrics.json_form import metrics_json
from weir.gateway.telemetry.metrics.snapshot import (
    CounterSnapshot,
    Description,
    Exemplar,
    GaugeSnapshot,
    HistogramSnapshot,
    Merge,
    MetricsSnapshot,
)
from weir.gateway.telemetry.metrics.store import CACHE_REQUESTS

Family: TypeAlias = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily

_OPENMETRICS = "application/openmetrics-text"


class Format(Enum):
    """A format, by its media type."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    JSON = "application/json"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    @classmethod
    def accepted(cls, accept: str) -> "Format":
        """Return the format for a field Accept: OpenMetrics if it is listed."""
        types = (each.partition(";")[0].strip().lower() for each in accept.split(","))
        return cls.OPENMETRICS if _OPENMETRICS in types else cls.TEXT


# The outcomes with a response from the cache, if only after its revalidation.
_HITS = ("hit", "stale", "revalidated")
_HIT_RATE = Description(
    "gateway_cache_hit_rate",
    "Share of cache lookups with a cached response, since the start.",
    ("cache_type",),
)


def exposition(metrics: MetricsSnapshot, form: Format = Format.TEXT) -> bytes:
    """Return the metrics in a format; JSON is without the figures of this process."""
    if form is Format.JSON:
        return metrics_json(metrics)
    registry = CollectorRegistry()
    registry.register(_Families(metrics))
    ProcessCollector(registry=registry)
    encode, _ = choose_encoder(form.value)
    return encode(registry)


class Scrapes:
    """The scrapes of what `read` returns, rendered in a thread, once for all of them.

    Rendering takes 0.3 ms for each route. On the event loop, all requests would wait
    for it.
    """

    def __init__(self, read: Callable[[], Awaitable[MetricsSnapshot]]) -> None:
        self._read = read
        self._flight = SingleFlight[Format, bytes](max_unwaited=1)

    async def content(self, form: Format) -> bytes:
        """Return the metrics in a format."""
        return await self._flight.run(form, partial(self._render, form))

    async def _render(self, form: Format) -> bytes:
        return await asyncio.to_thread(exposition, await self._read(), form)


class _Families(Collector):
    def __init__(self, metrics: MetricsSnapshot) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Family]:
        metrics = self._metrics
        yield from map(_counter, metrics.counters.values())
        yield from map(_gauge, metrics.gauges.values())
        yield from map(_histogram, metrics.histograms.values())
        yield _gauge(_hit_rate(metrics.counters[CACHE_REQUESTS.name]))


def _hit_rate(lookups: CounterSnapshot) -> GaugeSnapshot:
    """Return the rates from the counts: unlike these, rates cannot be added up."""
    values: dict[tuple[str, ...], float] = {}
    for cache in {cache for cache, _ in lookups.values}:
        hits = sum(lookups.values.get((cache, outcome), 0) for outcome in _HITS)
        misses = lookups.values.get((cache, "miss"), 0)
        if hits or misses:
            values[cache,] = hits / (hits + misses)
    return GaugeSnapshot(_HIT_RATE, Merge.MAX, values)


def _counter(counter: CounterSnapshot) -> Family:
    about = counter.about
    family = CounterMetricFamily(about.name, about.documentation, labels=about.labels)
    for labels, value in counter.values.items():
        family.add_metric(labels, value)
    return family


def _gauge(gauge: GaugeSnapshot) -> Family:
    about = gauge.about
    family = GaugeMetricFamily(about.name, about.documentation, labels=about.labels)
    for labels, value in gauge.values.items():
        family.add_metric(labels, value)
    return family


def _histogram(histogram: HistogramSnapshot) -> Family:
    about = histogram.about
    family = HistogramMetricFamily(about.name, about.documentation, labels=about.labels)
    bounds = (*map(str, histogram.bounds), "+Inf")
    for labels, value in histogram.values.items():
        counts = zip(bounds, accumulate(value.buckets), strict=True)
        buckets = [
            _bucket(*each, histogram.exemplars.get((labels, position)))
            for position, each in enumerate(counts)
        ]
        family.add_metric(labels, buckets=buckets, sum_value=value.total)
    return family


def _bucket(
    bound: str, count: int, exemplar: Exemplar | None
) -> tuple[str, float] | tuple[str, float, ExemplarSample]:
    if exemplar is None:
        return bound, count
    labels = {"trace_id": exemplar.trace_id}
    return bound, count, ExemplarSample(labels, exemplar.value, exemplar.at_s)
