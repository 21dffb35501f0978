import asyncio
from collections.abc import Awaitable, Callable

import pytest
from msgspec import structs

from tests.support import events
from tests.support.known_labels import KNOWN
from weir.gateway.events import Event, ServiceFailure
from weir.gateway.telemetry.metrics.label_registry import LabelRegistry
from weir.gateway.telemetry.metrics.prometheus import Format, Scrapes, exposition
from weir.gateway.telemetry.metrics.sink import MetricsSink
from weir.gateway.telemetry.metrics.snapshot import MetricsSnapshot
from weir.gateway.telemetry.metrics.store import MetricsStore


def reading(store: MetricsStore) -> Callable[[], Awaitable[MetricsSnapshot]]:
    async def read() -> MetricsSnapshot:
        return store.snapshot()

    return read


def lines(metrics: MetricsSnapshot, start: str = "gateway_") -> list[str]:
    return [
        line
        for line in exposition(metrics).decode().splitlines()
        if line.startswith(start)
    ]


def recorded(*emitted: Event) -> MetricsSnapshot:
    store = MetricsStore()
    LabelRegistry(store).follow(KNOWN)
    sink = MetricsSink(store)
    for event in emitted:
        sink.emit(event)
    return store.snapshot()


FAILED = structs.replace(events.REQUEST, status=504, error_code="DEADLINE_EXCEEDED")
PARTIAL = structs.replace(
    events.REQUEST,
    failures=(
        ServiceFailure(service="reviews", code="TIMEOUT", count=7, detail="late"),
    ),
)
OWN = structs.replace(events.REQUEST, status=299)
ODD = structs.replace(events.REQUEST, method="LOCK", status=405)
SIZED = structs.replace(events.REQUEST, bytes_in=3, bytes_out=40)
CALLED = structs.replace(events.ATTEMPT, bytes_out=5, bytes_in=60)
BUILT = structs.replace(events.GENERATION, build_s=2.0, composition_s=0.5)
LOST = structs.replace(events.ATTEMPT, status=0, outcome="UPSTREAM_CONNECTION_LOST")

# The names are issue 5's, and dashboards are built on them.
SAMPLES = [
    (
        (events.REQUEST, events.REQUEST),
        'gateway_requests_total{client_type="web",method="GET",'
        'path="/web/v1/home",status="200"} 2.0',
    ),
    (
        (OWN, structs.replace(OWN, status=399)),
        'gateway_requests_total{client_type="web",method="GET",'
        'path="/web/v1/home",status="other"} 2.0',
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
        (PARTIAL,),
        'gateway_partial_responses_total{client_type="web",code="TIMEOUT",'
        'operation="Home",service="reviews"} 1.0',
    ),
    (
        (PARTIAL, PARTIAL),
        'gateway_response_errors_total{client_type="web",code="TIMEOUT",'
        'service="reviews"} 14.0',
    ),
    (
        (ODD, structs.replace(ODD, method="BREW")),
        'gateway_requests_total{client_type="web",method="other",'
        'path="/web/v1/home",status="405"} 2.0',
    ),
    (
        (structs.replace(events.REQUEST, method="QUERY"),),
        'gateway_requests_total{client_type="web",method="QUERY",'
        'path="/web/v1/home",status="200"} 1.0',
    ),
    (
        (PARTIAL,),
        'gateway_operation_duration_count{client_type="web",operation="Home"} 1.0',
    ),
    (
        (PARTIAL,),
        'gateway_failed_requests_total{client_type="web",operation="Home"} 1.0',
    ),
    ((SIZED, SIZED), 'gateway_received_bytes_total{client_type="web"} 6.0'),
    ((SIZED, SIZED), 'gateway_sent_bytes_total{client_type="web"} 80.0'),
    ((CALLED, CALLED), 'gateway_service_sent_bytes_total{service="catalog"} 10.0'),
    ((CALLED,), 'gateway_service_received_bytes_total{service="catalog"} 60.0'),
    ((events.STEP,), f'gateway_step_duration_count{{step="{events.STEP.step}"}} 1.0'),
    ((events.EXECUTION,), 'gateway_step_duration_count{step="execute"} 1.0'),
    (
        (structs.replace(events.REQUEST, client_s=0.5),),
        'gateway_step_duration_sum{step="client"} 0.5',
    ),
    ((events.COMPILED,), "gateway_compile_duration_count 1.0"),
    (
        (CALLED, events.STREAMED),
        'gateway_service_received_bytes_total{service="catalog"} 130.0',
    ),
    (
        (CALLED, events.STREAMED),
        'gateway_service_sent_bytes_total{service="catalog"} 10.0',
    ),
    (
        (events.STREAMED,),
        'gateway_service_sent_frames_total{service="catalog"} 1.0',
    ),
    (
        (events.STREAMED,),
        'gateway_service_received_frames_total{service="catalog"} 7.0',
    ),
    ((BUILT,), "gateway_generation_build_seconds 2.0"),
    ((BUILT,), "gateway_composition_seconds 0.5"),
    (
        (LOST,),
        'gateway_errors_total{error_type="UPSTREAM_CONNECTION_LOST",'
        'service="catalog"} 1.0',
    ),
    (
        (events.FALLBACK,),
        'gateway_fallbacks_total{kind="static",service="catalog"} 1.0',
    ),
    (
        (events.COPY,),
        'gateway_mirrored_requests_total{outcome="ok",path="users",service="next"} 1.0',
    ),
    (
        (events.BACKEND,),
        'gateway_split_requests_total{backend="canary",path="users",status="502"} 1.0',
    ),
    (
        (events.CACHE, structs.replace(events.CACHE, outcome="miss")),
        'gateway_cache_hit_rate{cache_type="plan"} 0.5',
    ),
    (
        (
            events.CACHE,
            *(structs.replace(events.CACHE, outcome=o) for o in ("miss", "stale")),
        ),
        'gateway_cache_hit_rate{cache_type="plan"} 0.6666666666666666',
    ),
    (
        (events.CACHE, structs.replace(events.CACHE, outcome="bypass")),
        'gateway_cache_hit_rate{cache_type="plan"} 1.0',
    ),
    (
        (events.CACHE,),
        'gateway_cache_requests_total{cache_type="plan",outcome="hit"} 1.0',
    ),
    ((events.FETCH,), 'gateway_fetch_duration_count{subgraph="catalog"} 1.0'),
    ((events.PLAN,), "gateway_plan_duration_count 1.0"),
    ((events.SHARED_STORE,), 'gateway_shared_store_available{store="redis"} 0.0'),
    (
        (events.STORE_FALLBACK,),
        'gateway_shared_store_fallbacks_total{store="redis",user="limits"} 1.0',
    ),
    ((events.GENERATION,), 'gateway_generation_info{generation="g2"} 1.0'),
    ((events.REJECTED,), "gateway_config_rejections_total 1.0"),
    ((events.STALLED,), "gateway_event_loop_stalls_total 1.0"),
    (
        (events.COSTED,),
        'gateway_operation_cost_bucket{client_type="web",kind="actual",le="10.0"} 1.0',
    ),
    (
        (events.EXCEEDED,),
        'gateway_operation_cost_exceeded_total{client_type="web"} 1.0',
    ),
    (
        (events.REFUSED, events.REFUSED),
        'gateway_rate_limit_refusals_total{limit="address",scope="web"} 2.0',
    ),
    (
        (events.REFUSED, structs.replace(events.REFUSED, backs_off=True)),
        'gateway_refusals_total{reason="BACKOFF"} 1.0',
    ),
    (
        (events.REFUSED, events.SECURITY),
        'gateway_refusals_total{reason="RATE_LIMITED"} 1.0',
    ),
    ((events.SECURITY,), 'gateway_refusals_total{reason="BAD_REQUEST"} 1.0'),
    *(
        (
            (structs.replace(events.REQUEST, error_code=code),),
            f'gateway_refusals_total{{reason="{code}"}} 1.0',
        )
        for code in (
            *("ADDRESS_NOT_ALLOWED", "PLAN_UNKNOWN", "UNSUPPORTED_MEDIA_TYPE"),
            *("COST_ESTIMATED_TOO_EXPENSIVE", "GATEWAY_OVERLOADED"),
        )
    ),
    (
        (events.MEASURED,),
        'gateway_operation_limit_exceeded_total{client_type="web",measured="levels"}'
        " 1.0",
    ),
    (
        (structs.replace(events.REQUEST, client_name="shop", client_version="1.2"),),
        'gateway_client_requests_total{client_name="shop",client_type="web",'
        'client_version="1.2"} 1.0',
    ),
    ((events.UNKNOWN,), 'gateway_unknown_operations_total{client_type="web"} 1.0'),
    (
        (events.SECURITY,),
        'gateway_security_decisions_total{decision="refused",reason="BAD_REQUEST"} 1.0',
    ),
]


@pytest.mark.parametrize(("emitted", "sample"), SAMPLES)
def test_events_become_samples(emitted: tuple[Event, ...], sample: str) -> None:
    assert sample in lines(recorded(*emitted))


def test_the_series_of_applications_are_bounded() -> None:
    named = (
        structs.replace(events.REQUEST, client_name=f"a{number}", client_version="1")
        for number in range(1000)
    )

    found = [
        each for each in lines(recorded(*named)) if "client_requests_total{" in each
    ]

    assert len(found) == 201
    assert (
        'gateway_client_requests_total{client_name="other",client_type="web",'
        'client_version="other"} 800.0'
    ) in found


def test_names_and_versions_with_the_same_text_are_bounded_apart() -> None:
    words = ["a"] * 1000
    named = (
        structs.replace(
            events.REQUEST,
            client_name=" ".join(words[:number]),
            client_version=" ".join(words[number:]),
        )
        for number in range(1, 1000)
    )

    found = [
        each for each in lines(recorded(*named)) if "client_requests_total{" in each
    ]

    assert len(found) == 201


@pytest.mark.parametrize(("emitted", "sample"), SAMPLES)
def test_the_sum_of_snapshots_reads_as_the_events_of_all_processes(
    emitted: tuple[Event, ...], sample: str
) -> None:
    one = recorded(*emitted[:1])
    other = recorded(*emitted[1:])

    assert sample in lines(one + other)


def test_every_class_of_event_is_counted_or_read_from_the_state_it_changes() -> None:
    sink = MetricsSink(MetricsStore())
    read = {type(events.BREAKER), type(events.INSTANCE), type(events.PANIC)}
    read.add(type(events.DISCOVERY))
    only_logged = {type(events.PHASE)}
    only_traced = {type(events.OPERATION)}

    assert {type(each) for each in events.ALL if not sink.receiver(type(each))} == (
        read | only_traced | only_logged
    )


def test_only_the_serving_generation_is_reported() -> None:
    later = structs.replace(events.GENERATION, before="g2", after="g3")

    metrics = recorded(events.GENERATION, later)

    assert lines(metrics, "gateway_generation_info{") == [
        'gateway_generation_info{generation="g3"} 1.0'
    ]


def test_gauges_with_a_source_are_read_at_each_snapshot() -> None:
    store = MetricsStore()
    connections = [3]
    store.connections.read_value(lambda: connections[0])
    before = store.snapshot()
    connections[0] = 4

    assert "gateway_active_connections 3.0" in lines(before)
    assert "gateway_active_connections 4.0" in lines(store.snapshot())


def test_two_stores_share_nothing() -> None:
    recorded(events.REQUEST)

    assert lines(MetricsStore().snapshot(), "gateway_requests_total{") == []


def test_the_process_has_figures_of_its_own() -> None:
    assert lines(MetricsStore().snapshot(), "process_cpu_seconds_total")


async def test_the_event_loop_continues_during_a_scrape() -> None:
    store = MetricsStore()
    for number in range(500):
        store.request_duration.observe(("GET", f"/{number}", "web"), 0.1)
    scrape = asyncio.create_task(Scrapes(reading(store)).content(Format.TEXT))

    turns = 0
    while not scrape.done():
        turns += 1
        await asyncio.sleep(0.001)

    assert turns > 5
    assert b"gateway_request_duration_bucket" in scrape.result()


async def test_scrapes_at_the_same_time_are_rendered_once() -> None:
    scrapes = Scrapes(reading(MetricsStore()))

    forms = (Format.TEXT, Format.TEXT, Format.OPENMETRICS)
    first, second, other = await asyncio.gather(*map(scrapes.content, forms))

    assert first is second
    assert other != first
