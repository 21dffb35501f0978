"""The parts that spent the time of a request."""

import pytest
from msgspec import structs

from tests.support import events
from weir.gateway.events import AttemptFinished, FetchFinished, StepFinished
from weir.gateway.telemetry.requests.explanation import RequestEvent
from weir.gateway.telemetry.requests.spent_time import (
    SpentTime,
    covered_s,
    spent_times,
)

REQUEST = structs.replace(events.REQUEST, started_s=0.0, ended_s=1.0)


def fetch(subgraph: str, started_s: float, ended_s: float) -> FetchFinished:
    return FetchFinished(
        request_id="r1",
        trace=events.TRACE,
        span_id="",
        parent_id="",
        subgraph=subgraph,
        entities=0,
        errors=0,
        error_code="",
        started_s=started_s,
        ended_s=ended_s,
    )


def attempt(upstream: str, started_s: float, ended_s: float) -> AttemptFinished:
    return structs.replace(
        events.ATTEMPT, upstream=upstream, started_s=started_s, ended_s=ended_s
    )


def wait(step: str, started_s: float, ended_s: float, of: str = "") -> StepFinished:
    return structs.replace(
        events.STEP, step=step, service=of, started_s=started_s, ended_s=ended_s
    )


def shown(spent: tuple[SpentTime, ...]) -> list[tuple[str, float]]:
    return [
        (f"{each.part} {each.service}".rstrip(), round(each.seconds, 6))
        for each in spent
    ]


@pytest.mark.parametrize(
    ("parts", "spent"),
    [
        (
            [fetch("a", 0.0, 0.6), fetch("b", 0.6, 0.9)],
            [("service a", 0.6), ("service b", 0.3), ("gateway", 0.1)],
        ),
        # Two fetches at once are one time.
        (
            [fetch("a", 0.0, 0.3), fetch("a", 0.0, 0.3), fetch("b", 0.3, 0.8)],
            [("service b", 0.5), ("service a", 0.3), ("gateway", 0.2)],
        ),
        # The fetch has its retries and their pauses.
        (
            [fetch("a", 0.0, 0.9), attempt("a", 0.0, 0.1), attempt("a", 0.8, 0.9)],
            [("service a", 0.9), ("gateway", 0.1)],
        ),
        ([attempt("plain", 0.1, 0.9)], [("service plain", 0.8), ("gateway", 0.2)]),
        ([], [("gateway", 1.0)]),
        # The wait of a call for its turn is not a time of the service.
        (
            [
                fetch("a", 0.0, 1.0),
                wait("queue", 0.0, 0.7, "a"),
                attempt("a", 0.7, 1.0),
            ],
            [("queue a", 0.7), ("service a", 0.3)],
        ),
        # While another call of the request runs, the service is waited for.
        (
            [
                fetch("a", 0.0, 0.8),
                attempt("a", 0.0, 0.8),
                fetch("a", 0.0, 1.0),
                wait("queue", 0.0, 0.8, "a"),
                attempt("a", 0.8, 1.0),
            ],
            [("service a", 1.0)],
        ),
        # The service of the subgraph has another name.
        (
            [
                fetch("a", 0.0, 1.0),
                wait("queue", 0.0, 0.7, "legacy"),
                attempt("legacy", 0.7, 1.0),
            ],
            [("queue legacy", 0.7), ("service a", 0.3)],
        ),
        # The queue of one subgraph takes no time from another one.
        (
            [
                fetch("a", 0.0, 0.4),
                fetch("b", 0.0, 1.0),
                wait("queue", 0.0, 0.4, "a"),
            ],
            [("service b", 1.0), ("queue a", 0.4)],
        ),
        # A plain route: the wait is before the attempt.
        (
            [wait("queue", 0.0, 0.6, "plain"), attempt("plain", 0.6, 1.0)],
            [("queue plain", 0.6), ("service plain", 0.4)],
        ),
        # Admission, and the turn to be planned.
        (
            [wait("check", 0.0, 0.3), wait("queue", 0.3, 0.7)],
            [("queue", 0.7), ("gateway", 0.3)],
        ),
        ([wait("share", 0.1, 1.0)], [("shared", 0.9), ("gateway", 0.1)]),
        # A refresh of the cache in the background, for which nothing waits.
        (
            [fetch("a", 0.0, 0.1), attempt("a", 0.0, 1.0)],
            [("gateway", 0.9), ("service a", 0.1)],
        ),
        # Other steps are work of the gateway.
        ([wait("authenticate", 0.0, 0.4)], [("gateway", 1.0)]),
    ],
)
def test_each_part_has_its_time(
    parts: list[RequestEvent], spent: list[tuple[str, float]]
) -> None:
    assert shown(spent_times(REQUEST, parts)) == spent


@pytest.mark.parametrize(
    ("client_s", "upload_s", "parts", "spent"),
    [
        (0.8, 0.0, [], [("client", 0.8), ("gateway", 0.2)]),
        # The body was read before the call.
        (
            0.5,
            0.0,
            [attempt("a", 0.5, 1.0)],
            [("client", 0.5), ("service a", 0.5)],
        ),
        # The service, too, waited for the upload.
        (0.9, 0.9, [attempt("a", 0.0, 1.0)], [("client", 0.9), ("service a", 0.1)]),
    ],
)
def test_a_slow_client_spends_time(
    client_s: float,
    upload_s: float,
    parts: list[RequestEvent],
    spent: list[tuple[str, float]],
) -> None:
    request = structs.replace(REQUEST, client_s=client_s, upload_s=upload_s)

    assert shown(spent_times(request, parts)) == spent


def test_a_request_has_at_least_one_part() -> None:
    parts = [fetch("a", 0.5, 0.5), wait("queue", 0.0, 1.0, "b"), attempt("b", 0.0, 1.0)]

    assert shown(spent_times(REQUEST, parts)) == [("gateway", 1.0)]


@pytest.mark.parametrize(
    ("spans", "covered"),
    [
        ([], 0.0),
        ([(0.0, 1.0)], 1.0),
        ([(2.0, 3.0), (0.0, 1.0)], 2.0),
        ([(0.0, 2.0), (1.0, 3.0)], 3.0),
        ([(0.0, 3.0), (1.0, 2.0)], 3.0),
    ],
)
def test_a_time_is_covered_once(
    spans: list[tuple[float, float]], covered: float
) -> None:
    assert covered_s(spans) == covered
