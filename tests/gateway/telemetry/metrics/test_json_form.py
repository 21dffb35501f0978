"""The metrics as JSON are those of the snapshot."""

import orjson

from tests.support import events
from weir.gateway.telemetry.metrics.prometheus import Format, exposition
from weir.gateway.telemetry.metrics.sink import MetricsSink
from weir.gateway.telemetry.metrics.store import MetricsStore


def test_each_family_has_its_samples() -> None:
    store = MetricsStore()
    for event in (events.REQUEST, events.REQUEST, events.GENERATION):
        MetricsSink(store).emit(event)

    families = orjson.loads(exposition(store.snapshot(), Format.JSON))

    requests, durations = (
        families["gateway_requests"],
        families["gateway_request_duration"],
    )
    assert requests["type"] == "counter"
    assert requests["samples"] == [
        {
            "labels": {
                "method": "GET",
                "path": "/web/v1/home",
                "status": "200",
                "client_type": "web",
            },
            "value": 2,
        }
    ]
    (sample,) = durations["samples"]
    assert (sample["count"], sum(sample["buckets"])) == (2, 2)
    assert len(sample["buckets"]) == len(durations["bounds"]) + 1
    assert families["gateway_generation_info"]["samples"] == [
        {"labels": {"generation": "g2"}, "value": 1.0}
    ]
    assert all(each["help"] for each in families.values())
