"""The metrics as JSON, for scripts that do not read the formats of Prometheus."""

from collections.abc import Iterator
from typing import Any, TypeAlias

import orjson

from weir.gateway.telemetry.metrics.snapshot import (
    CounterSnapshot,
    GaugeSnapshot,
    HistogramSnapshot,
    MetricsSnapshot,
)

Family: TypeAlias = CounterSnapshot | GaugeSnapshot | HistogramSnapshot


def metrics_json(metrics: MetricsSnapshot) -> bytes:
    """Return an object of all families, by name.

    `buckets` counts observations up to each bound, and then all others.
    """
    families: tuple[Family, ...] = (
        *metrics.counters.values(),
        *metrics.gauges.values(),
        *metrics.histograms.values(),
    )
    return orjson.dumps({each.about.name: _family(each) for each in families})


def _family(
    family: Family,
) -> dict[str, Any]:
    shown: dict[str, Any] = {"help": family.about.documentation}
    match family:
        case CounterSnapshot():
            shown["type"] = "counter"
        case GaugeSnapshot():
            shown["type"] = "gauge"
        case HistogramSnapshot(bounds=bounds):
            shown |= {"type": "histogram", "bounds": bounds}
    return {**shown, "samples": list(_samples(family))}


def _samples(
    family: Family,
) -> Iterator[dict[str, Any]]:
    names = family.about.labels
    if isinstance(family, HistogramSnapshot):
        for labels, each in family.values.items():
            yield {
                "labels": dict(zip(names, labels, strict=True)),
                "count": sum(each.buckets),
                "sum": each.total,
                "buckets": each.buckets,
            }
    else:
        for labels, value in family.values.items():
            yield {"labels": dict(zip(names, labels, strict=True)), "value": value}
