from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from msgspec import structs
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.semconv import attributes
from opentelemetry.semconv._incubating import attributes as incubating
from opentelemetry.trace import SpanKind, StatusCode

from tests.support import events
from tests.support.fake_clock import FakeClock
from tests.support.front_doubles import CountedIds
from weir.gateway.events import Event, RequestFinished
from weir.gateway.telemetry.traces.conventions import SPANS, SpanEvent
from weir.gateway.telemetry.traces.sink import Chosen
from weir.gateway.telemetry.traces.spans import SpanFactory
from weir.gateway.trace_parent import TraceParent

TRACE = TraceParent(
    trace_id="a" * 32, parent_id="3" * 16, flags="01", client_span_id="4" * 16
)
LOST = structs.replace(
    events.ATTEMPT, status=0, outcome="UPSTREAM_CONNECTION_LOST", attempt=2
)


def span_of(event: SpanEvent, *, incomplete: bool = False) -> ReadableSpan:
    clock = FakeClock()
    factory = SpanFactory(Resource({}), clock, CountedIds())
    factory.set_time()
    return factory.span(Chosen(structs.replace(event, trace=TRACE), incomplete))


SHOWN: list[tuple[SpanEvent, str, SpanKind, tuple[str, str], str]] = [
    (events.REQUEST, "GET /web/v1/home", SpanKind.SERVER, ("3" * 16, "4" * 16), ""),
    (
        structs.replace(events.REQUEST, method="BREW"),
        "HTTP /web/v1/home",
        SpanKind.SERVER,
        ("3" * 16, "4" * 16),
        "",
    ),
    (events.OPERATION, "query", SpanKind.INTERNAL, ("5" * 16, "3" * 16), ""),
    (
        structs.replace(events.OPERATION, operation="", error_code="SUBGRAPH_ERROR"),
        "query",
        SpanKind.INTERNAL,
        ("5" * 16, "3" * 16),
        "SUBGRAPH_ERROR",
    ),
    (events.FETCH, "fetch catalog", SpanKind.INTERNAL, ("2" * 16, "3" * 16), ""),
    (
        structs.replace(events.FETCH, errors=1, error_code="SUBGRAPH_ERROR"),
        "fetch catalog",
        SpanKind.INTERNAL,
        ("2" * 16, "3" * 16),
        "SUBGRAPH_ERROR",
    ),
    (events.ATTEMPT, "POST /graphql", SpanKind.CLIENT, ("1" * 16, "2" * 16), ""),
    (
        LOST,
        "POST /graphql",
        SpanKind.CLIENT,
        ("1" * 16, "2" * 16),
        "UPSTREAM_CONNECTION_LOST",
    ),
    (
        structs.replace(events.ATTEMPT, outcome="CANCELLED", status=0),
        "POST /graphql",
        SpanKind.CLIENT,
        ("1" * 16, "2" * 16),
        "",
    ),
    (
        structs.replace(events.ATTEMPT, status=503),
        "POST /graphql",
        SpanKind.CLIENT,
        ("1" * 16, "2" * 16),
        "503",
    ),
    (events.PLAN, "prepare", SpanKind.INTERNAL, ("1".zfill(16), "3" * 16), ""),
    (events.STEP, "authenticate", SpanKind.INTERNAL, ("1".zfill(16), "3" * 16), ""),
    (events.CACHE, "cache lookup", SpanKind.INTERNAL, ("1".zfill(16), "2" * 16), ""),
    (events.FALLBACK, "fallback", SpanKind.INTERNAL, ("1".zfill(16), "2" * 16), ""),
]


@pytest.mark.parametrize(("event", "name", "kind", "places", "error"), SHOWN)
def test_an_event_is_a_span(
    event: SpanEvent, name: str, kind: SpanKind, places: tuple[str, str], error: str
) -> None:
    span = span_of(event)

    assert span.context is not None
    assert span.parent is not None
    assert (span.name, span.kind) == (name, kind)
    assert f"{span.context.trace_id:032x}" == TRACE.trace_id
    own, parent = span.context.span_id, span.parent.span_id
    assert (f"{own:016x}", f"{parent:016x}") == places
    assert span.parent.is_remote == isinstance(event, RequestFinished)
    assert (span.status.status_code is StatusCode.ERROR) == bool(error)
    assert (span.attributes or {}).get("error.type", "") == error


def test_times_are_those_of_the_wall_clock() -> None:
    clock = FakeClock()
    span = span_of(
        structs.replace(events.FETCH, started_s=clock.monotonic_s(), ended_s=1000.5)
    )

    assert span.start_time == int(clock.epoch_s() * 1e9)
    assert span.end_time is not None
    assert span.end_time - span.start_time == 500_000_000


def test_a_request_without_a_client_span_is_a_root() -> None:
    factory = SpanFactory(Resource({}), FakeClock())
    span = factory.span(Chosen(events.REQUEST, incomplete=False))

    assert span.parent is None


def test_a_trace_without_spans_of_services_names_the_reason() -> None:
    incomplete = span_of(events.REQUEST, incomplete=True)

    assert "not sampled" in str((incomplete.attributes or {})["weir.incomplete"])
    assert "weir.incomplete" not in (span_of(events.REQUEST).attributes or {})


def conventional_names() -> set[str]:
    names: set[str] = set()
    for package in (attributes, incubating):
        for module in iter_modules(package.__path__, package.__name__ + "."):
            constants: dict[str, Any] = vars(import_module(module.name))
            names.update(each for each in constants.values() if isinstance(each, str))
    return names


def test_attributes_are_those_of_the_conventions_or_our_own() -> None:
    known = conventional_names()
    shown = [event for event, *_ in SHOWN] + [
        structs.replace(events.REQUEST, status=500, cut_off=True)
    ]

    found = {name for event in shown for name in span_of(event).attributes or {}}

    assert {name for name in found if not name.startswith("weir.")} <= known
    assert {type(event) for event in shown} == set(SPANS)


def test_every_part_of_a_request_has_a_span() -> None:
    def is_part(event: Event) -> bool:
        is_timed = hasattr(event, "started_s") or hasattr(event, "at_s")
        return is_timed and hasattr(event, "trace")

    assert {type(event) for event in filter(is_part, events.ALL)} == set(SPANS)
