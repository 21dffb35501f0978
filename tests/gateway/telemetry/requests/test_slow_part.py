"""The part that a slow request waited for the longest."""

import pytest
from msgspec import structs

from tests.support import events
from weir.gateway.events import AttemptFinished, FetchFinished
from weir.gateway.telemetry.requests.explanation import (
    EndedRequest,
    JudgedRequest,
    RequestEvent,
)
from weir.gateway.telemetry.requests.slow_part import covered_s, slow_part

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


@pytest.mark.parametrize(
    ("parts", "slowest"),
    [
        ([fetch("a", 0.0, 0.6), fetch("b", 0.6, 0.9)], "a"),
        # Two fetches at once are one time.
        ([fetch("a", 0.0, 0.3), fetch("a", 0.0, 0.3), fetch("b", 0.3, 0.8)], "b"),
        ([fetch("a", 0.0, 0.2), fetch("b", 0.2, 0.3)], "gateway"),
        # The fetch has its retries and their pauses.
        ([fetch("a", 0.0, 0.9), attempt("other", 0.0, 0.1)], "a"),
        ([attempt("plain", 0.1, 0.9)], "plain"),
        ([], "gateway"),
    ],
)
def test_the_slowest_part_is_named(parts: list[RequestEvent], slowest: str) -> None:
    request = JudgedRequest(REQUEST, None)

    assert slow_part(EndedRequest(request, tuple(parts), complete=True)) == slowest


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
