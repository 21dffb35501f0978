from msgspec import structs

from tests.support import events
from weir.gateway.telemetry.metrics.dropped_labels import without_labels
from weir.gateway.telemetry.metrics.prometheus import exposition
from weir.gateway.telemetry.metrics.sink import MetricsSink
from weir.gateway.telemetry.metrics.store import MetricsStore


def test_series_that_differ_in_dropped_labels_alone_are_added_up() -> None:
    store = MetricsStore()
    sink = MetricsSink(store)
    for route in ("/web/a", "/web/b"):
        sink.emit(structs.replace(events.REQUEST, route=route))
    store.instances.read_from(lambda: [(("s", "a"), 1.0), (("s", "b"), 0.0)])

    text = exposition(without_labels(store.snapshot(), {"path", "instance"})).decode()

    lines = text.splitlines()
    expected = 'gateway_requests_total{client_type="web",method="GET",status="200"} 2.0'
    assert expected in lines
    assert 'gateway_request_duration_count{method="GET",service="web"} 2.0' in lines
    assert 'gateway_instance_healthy{service="s"} 0.0' in lines


def test_metrics_without_dropped_labels_are_as_they_were() -> None:
    metrics = MetricsStore().snapshot()

    assert without_labels(metrics, set()) is metrics
