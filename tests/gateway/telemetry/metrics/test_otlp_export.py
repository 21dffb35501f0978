"""Metrics by OTLP: the values of a snapshot, and a collector that is away."""

import asyncio
from collections.abc import Sequence
from typing import Any

from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    MetricsData,
)
from opentelemetry.sdk.resources import Resource

from tests.support.conditions import until
from tests.support.fake_clock import FakeClock
from weir.gateway.telemetry.metrics.otlp_export import MetricsExport, MetricsFactory
from weir.gateway.telemetry.metrics.snapshot import MetricsSnapshot
from weir.gateway.telemetry.metrics.store import MetricsStore


class Received(MetricExporter):
    """An exporter that waits for its collector, or records what it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[MetricsData] = []
        self.failing = 0

    def export(
        self,
        metrics_data: MetricsData,
        timeout_millis: float = 0,  # noqa: ARG002 - of the base
        **_: Any,
    ) -> MetricExportResult:
        if self.failing:
            self.failing -= 1
            raise ConnectionError
        self.got.append(metrics_data)
        return MetricExportResult.SUCCESS

    def force_flush(self, timeout_millis: float = 0) -> bool:  # noqa: ARG002
        return True

    def shutdown(self, timeout_millis: float = 0, **_: Any) -> None:
        pass


def by_name(data: MetricsData) -> dict[str, Sequence[Any]]:
    (of_resource,) = data.resource_metrics
    (of_scope,) = of_resource.scope_metrics
    return {each.name: each.data.data_points for each in of_scope.metrics}


def test_each_kind_of_metric_has_its_values_and_can_be_sent() -> None:
    store, clock = MetricsStore(), FakeClock()
    factory = MetricsFactory(Resource({}), clock)
    store.requests.add(("GET", "/home", "200", "web"), 3)
    store.in_flight.set((), 2.0)
    store.fetch_duration.observe(("books",), 0.02)
    clock.advance(60.0)

    data = factory.metrics(store.snapshot())

    found = by_name(data)
    (requests,) = found["gateway_requests"]
    assert requests.value == 3
    assert requests.attributes["client_type"] == "web"
    assert requests.time_unix_nano - requests.start_time_unix_nano == 60_000_000_000
    assert found["gateway_requests_in_flight"][0].value == 2.0
    (duration,) = found["gateway_fetch_duration"]
    assert (duration.count, duration.sum) == (1, 0.02)
    assert len(duration.bucket_counts) == len(duration.explicit_bounds) + 1
    assert "gateway_errors" not in found, "without values"
    assert b"gateway_fetch_duration" in encode_metrics(data).SerializeToString()


async def test_a_failed_export_is_made_up_for_by_the_next_one() -> None:
    received, store = Received(), MetricsStore()
    received.failing = 2
    export = MetricsExport(None, 0.01, FakeClock(), received)

    async def read() -> MetricsSnapshot:
        store.stalls.add(())
        return store.snapshot()

    sending = asyncio.create_task(export.run(read))
    await until(lambda: bool(received.got))
    sending.cancel()
    await export.close(store.snapshot())

    (last,) = by_name(received.got[-1])["gateway_event_loop_stalls"]
    assert last.value >= 3
