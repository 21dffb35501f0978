"""The values of labels that are counted, and those that are `other`."""

from dataclasses import replace

import pytest
from msgspec import structs

from tests.support import events
from tests.support.known_labels import KNOWN, values
from weir.gateway.events import Event, RequestFinished, ServiceFailure
from weir.gateway.telemetry.metrics.label_registry import LabelRegistry
from weir.gateway.telemetry.metrics.sink import MetricsSink
from weir.gateway.telemetry.metrics.store import MetricsStore


def request(**changed: object) -> RequestFinished:
    return structs.replace(events.REQUEST, **changed)


def lacking(service: str, code: str) -> RequestFinished:
    failure = ServiceFailure(service=service, code=code, count=1, detail="")
    return request(failures=(failure,))


@pytest.mark.parametrize(
    ("event", "family", "labels"),
    [
        (request(), "requests", ("GET", "/web/v1/home", "200", "web")),
        # A method that the path does not have, and one that does not exist.
        (
            request(method="PUT", status=405),
            "requests",
            ("other", "/web/v1/home", "405", "web"),
        ),
        (
            request(method="BREW"),
            "request_duration",
            ("other", "/web/v1/home", "web"),
        ),
        # A path that does not exist has no template.
        (
            request(route="", method="LOCK", status=404),
            "requests",
            ("other", "", "404", "web"),
        ),
        (request(status=299), "requests", ("GET", "/web/v1/home", "other", "web")),
        (
            request(client_type="tv"),
            "requests",
            ("other", "other", "200", "other"),
        ),
        (request(), "operation_duration", ("web", "Home")),
        (request(operation="Raw"), "operation_duration", ("other", "other")),
        (request(client_type="tv"), "sent_bytes", ("other",)),
        (lacking("reviews", "X"), "partial_responses", ("web", "Home", "reviews", "X")),
        (lacking("", "X"), "response_errors", ("web", "", "X")),
        (lacking("evil", "X"), "response_errors", ("web", "other", "X")),
        (request(error_code="BAD_REQUEST"), "errors", ("BAD_REQUEST", "web")),
        (request(error_code="MADE_UP"), "errors", ("other", "web")),
        (
            structs.replace(events.ATTEMPT, outcome="CANCELLED"),
            "errors",
            ("CANCELLED", "catalog"),
        ),
        (
            structs.replace(events.ATTEMPT, upstream="evil"),
            "backend_duration",
            ("evil", "POST /graphql"),
        ),
        (
            structs.replace(events.FETCH, subgraph="evil"),
            "fetch_duration",
            ("other",),
        ),
        (events.REFUSED, "rate_limit_refusals", ("web", "address")),
        (
            structs.replace(events.REFUSED, limit="evil"),
            "rate_limit_refusals",
            ("other", "other"),
        ),
        (events.REFUSED, "refusals", ("RATE_LIMITED",)),
        (
            structs.replace(events.SECURITY, method="jwt", reason=""),
            "auth",
            ("jwt", "other"),
        ),
        (
            structs.replace(
                events.SECURITY, method="jwt", reason="", decision="allowed"
            ),
            "auth",
            ("jwt", "allowed"),
        ),
        (events.COPY, "copies", ("users", "next", "ok")),
        (
            structs.replace(events.COPY, route="evil"),
            "copies",
            ("other", "next", "ok"),
        ),
        # Values that the gateway chooses are not in the registry.
        (events.STEP, "step_duration", ("authenticate",)),
    ],
)
def test_values_that_are_not_known_are_other(
    event: Event, family: str, labels: tuple[str, ...]
) -> None:
    store = MetricsStore()
    LabelRegistry(store).follow(KNOWN)
    MetricsSink(store).emit(event)

    assert list(getattr(store, family).snapshot().values) == [labels]


def test_the_first_unknown_endpoints_have_names_and_their_service_remains() -> None:
    store = MetricsStore()
    LabelRegistry(store).follow(KNOWN)
    sink = MetricsSink(store)
    for number in range(300):
        sink.emit(structs.replace(events.ATTEMPT, endpoint=f"GET /{number}"))

    found = store.backend_duration.snapshot().values
    assert len(found) == 101
    assert sum(found["catalog", "other"].buckets) == 200


def test_names_of_the_configuration_before_are_known_until_the_next_one() -> None:
    store = MetricsStore()
    registry, sink = LabelRegistry(store), MetricsSink(store)
    old = replace(KNOWN, subgraphs=values("old"))
    registry.follow(old)
    registry.follow(KNOWN)
    registry.follow(KNOWN)

    sink.emit(structs.replace(events.FETCH, subgraph="old"))
    registry.follow(replace(KNOWN))
    registry.follow(replace(KNOWN))
    sink.emit(structs.replace(events.FETCH, subgraph="older"))

    assert list(store.fetch_duration.snapshot().values) == [("old",), ("other",)]


def test_counts_of_other_processes_have_their_labels() -> None:
    worker, store = MetricsStore(), MetricsStore()
    for each in (worker, store):
        LabelRegistry(each).follow(KNOWN)
    sink = MetricsSink(worker)
    for event in (request(), request(client_type="tv"), request(method="PUT")):
        sink.emit(event)

    store.absorb(worker.snapshot())

    assert store.snapshot().counters == worker.snapshot().counters
