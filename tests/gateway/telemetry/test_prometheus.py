from dataclasses import replace
from typing import get_args

import pytest

from tests.support import events
from weir.gateway.events import Event
from weir.gateway.telemetry.prometheus import PrometheusSink
from weir.gateway.telemetry.series import MAX_SERIES, Counter, Gauge, Histogram
from weir.gateway.upstreams.snapshot import (
    BreakerSnapshot,
    EndpointSnapshot,
    ServiceSnapshot,
)


def lines(sink: PrometheusSink, start: str = "gateway_") -> list[str]:
    return [
        line
        for line in sink.exposition().decode().splitlines()
        if line.startswith(start)
    ]


def seen(*emitted: Event) -> PrometheusSink:
    sink = PrometheusSink()
    for event in emitted:
        sink.emit(event)
    return sink


FAILED = replace(events.REQUEST, status=504, error_code="DEADLINE_EXCEEDED")
LOST = replace(events.ATTEMPT, status=0, outcome="UPSTREAM_CONNECTION_LOST")

# The names are issue 5's, and dashboards are built on them.
SAMPLES = [
    (
        (events.REQUEST, events.REQUEST),
        'gateway_requests_total{client_type="web",method="GET",'
        'path="/web/v1/home",status="200"} 2.0',
    ),
    (
        (events.REQUEST,),
        'gateway_request_duration_bucket{le="0.01",method="GET",'
        'path="/web/v1/home",service="web"} 0.0',
    ),
    (
        (events.REQUEST,),
        'gateway_request_duration_bucket{le="0.025",method="GET",'
        'path="/web/v1/home",service="web"} 1.0',
    ),
    (
        (events.REQUEST,),
        'gateway_request_duration_count{method="GET",'
        'path="/web/v1/home",service="web"} 1.0',
    ),
    (
        (events.ATTEMPT, LOST),
        'gateway_backend_duration_count{endpoint="POST /graphql",'
        'service="catalog"} 2.0',
    ),
    (
        (FAILED,),
        'gateway_errors_total{error_type="DEADLINE_EXCEEDED",service="web"} 1.0',
    ),
    (
        (LOST,),
        'gateway_errors_total{error_type="UPSTREAM_CONNECTION_LOST",'
        'service="catalog"} 1.0',
    ),
    (
        (events.BREAKER,),
        'gateway_circuit_breaker_state{service="catalog",state="open"} 1.0',
    ),
    (
        (events.BREAKER,),
        'gateway_circuit_breaker_state{service="catalog",state="closed"} 0.0',
    ),
    (
        (replace(events.BREAKER, operation="Home"),),
        'gateway_operation_circuit_breaker_state{operation="Home",service="catalog",'
        'state="open"} 1.0',
    ),
    (
        (events.FALLBACK,),
        'gateway_fallbacks_total{kind="static",service="catalog"} 1.0',
    ),
    (
        (events.INSTANCE,),
        'gateway_instance_healthy{instance="http://127.0.0.1:5101",'
        'service="catalog"} 0.0',
    ),
    (
        (events.CACHE, replace(events.CACHE, outcome="miss")),
        'gateway_cache_hit_rate{cache_type="plan"} 0.5',
    ),
    (
        (events.CACHE, *(replace(events.CACHE, outcome=o) for o in ("miss", "stale"))),
        'gateway_cache_hit_rate{cache_type="plan"} 0.6666666666666666',
    ),
    (
        (events.CACHE, replace(events.CACHE, outcome="bypass")),
        'gateway_cache_hit_rate{cache_type="plan"} 1.0',
    ),
    (
        (events.CACHE,),
        'gateway_cache_requests_total{cache_type="plan",outcome="hit"} 1.0',
    ),
    ((events.FETCH,), 'gateway_fetch_duration_count{subgraph="catalog"} 1.0'),
    ((events.PLAN,), "gateway_plan_duration_count 1.0"),
    ((events.SHARED_STORE,), 'gateway_shared_store_available{store="redis"} 0.0'),
    ((events.GENERATION,), 'gateway_generation_info{generation="g2"} 1.0'),
    ((events.REJECTED,), "gateway_config_rejections_total 1.0"),
    (
        (events.SECURITY,),
        'gateway_security_decisions_total{decision="refused",reason="BAD_REQUEST"} 1.0',
    ),
]


@pytest.mark.parametrize(("emitted", "sample"), SAMPLES)
def test_events_become_samples(emitted: tuple[Event, ...], sample: str) -> None:
    assert sample in lines(seen(*emitted))


def test_every_class_of_event_is_counted() -> None:
    sink = PrometheusSink()

    assert {type(event) for event in events.ALL} == set(get_args(_event_union()))
    assert all(sink.wants(type(event)) for event in events.ALL)


def _event_union() -> object:
    from weir.gateway import events as module  # noqa: PLC0415 - for its namespace

    return eval(str(module.Event), vars(module))  # noqa: S307 - our own alias


def test_only_the_serving_generation_is_told() -> None:
    later = replace(events.GENERATION, before="g2", after="g3")

    sink = seen(events.GENERATION, later)

    assert lines(sink, "gateway_generation_info{") == [
        'gateway_generation_info{generation="g3"} 1.0'
    ]


def test_readings_are_taken_when_scraped() -> None:
    sink = PrometheusSink()
    connections = [3]
    sink.add_reading("gateway_active_connections", "Open.", lambda: connections[0])
    connections[0] = 4

    assert "gateway_active_connections 4.0" in lines(sink)


def test_two_sinks_share_nothing() -> None:
    seen(events.REQUEST)

    assert lines(PrometheusSink(), "gateway_requests_total{") == []


@pytest.mark.parametrize("kind", ["counter", "gauge", "histogram"])
def test_series_are_bounded(kind: str) -> None:
    series: Counter | Gauge | Histogram
    match kind:
        case "counter":
            series = counter = Counter("n", "d", ("a",))
            for number in range(MAX_SERIES + 10):
                counter.add((str(number),))
        case "gauge":
            series = gauge = Gauge("n", "d", ("a",))
            for number in range(MAX_SERIES + 10):
                gauge.set((str(number),), 1)
        case _:
            series = histogram = Histogram("n", "d", ("a",), bounds=(1.0,))
            for number in range(MAX_SERIES + 10):
                histogram.observe((str(number),), 0.5)

    labels = {sample.labels["a"] for sample in series.collect().samples}

    assert len(labels) == MAX_SERIES + 1
    assert "other" in labels


def test_a_value_on_a_bound_belongs_below_it() -> None:
    histogram = Histogram("n", "d", (), bounds=(1.0, 2.0))
    for value in (0.0, 1.0, 1.5, 2.0, 9.0):
        histogram.observe((), value)

    buckets = {
        sample.labels["le"]: sample.value
        for sample in histogram.collect().samples
        if sample.name == "n_bucket"
    }

    assert buckets == {"1.0": 2, "2.0": 4, "+Inf": 5}


def service(state: str, *endpoints: tuple[str, str]) -> ServiceSnapshot:
    return ServiceSnapshot(
        name="catalog",
        balancing="round_robin",
        breaker=BreakerSnapshot(
            state=state, failures=0, in_state_for_s=1.0, retry_after_s=0.0
        ),
        endpoints=tuple(
            EndpointSnapshot(
                url=url,
                weight=1,
                health=health,
                in_flight=0,
                latency_s=0.0,
                last_failure="",
                last_failure_age_s=None,
            )
            for url, health in endpoints
        ),
    )


def test_services_are_shown_from_the_start_and_no_longer_than_they_are_there() -> None:
    sink = PrometheusSink()
    services = [service("closed", ("http://a", "healthy"), ("http://b", "ejected"))]
    sink.show_services(lambda: services)

    assert 'gateway_circuit_breaker_state{service="catalog",state="closed"} 1.0' in (
        lines(sink)
    )
    assert lines(sink, "gateway_instance_healthy{") == [
        'gateway_instance_healthy{instance="http://a",service="catalog"} 1.0',
        'gateway_instance_healthy{instance="http://b",service="catalog"} 0.0',
    ]
    services[:] = [service("open", ("http://b", "healthy"))]
    assert lines(sink, "gateway_instance_healthy{") == [
        'gateway_instance_healthy{instance="http://b",service="catalog"} 1.0'
    ]
