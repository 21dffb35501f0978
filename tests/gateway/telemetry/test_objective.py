"""Which requests count for an objective, and which of them are good."""

import pytest
from msgspec import structs

from tests.support import events
from weir.gateway.events import RequestFinished, ServiceFailure
from weir.gateway.telemetry.objective import Objective, Objectives

HOME = Objective(client_type="web", operation="Home", within_s=0.4, target=0.99)
WEB = Objective(client_type="web", operation="", within_s=2.0, target=0.9)
OBJECTIVES = Objectives((HOME, WEB), frozenset({"UNKNOWN_FIELD"}))
FAILURE = ServiceFailure(service="reviews", code="X", count=1, detail="")


def request(
    duration_s: float = 0.1,
    *,
    operation: str = "Home",
    client_type: str = "web",
    status: int = 200,
    code: str = "",
    failures: tuple[ServiceFailure, ...] = (),
    cut_off: bool = False,
) -> RequestFinished:
    return structs.replace(
        events.REQUEST,
        client_type=client_type,
        operation=operation,
        status=status,
        error_code=code,
        failures=failures,
        cut_off=cut_off,
        ended_s=events.REQUEST.started_s + duration_s,
    )


CASES: list[tuple[RequestFinished, dict[str, str]]] = [
    (request(), {"web/Home": "good", "web": "good"}),
    (request(0.5), {"web/Home": "slow", "web": "good"}),
    (request(3.0), {"web/Home": "slow", "web": "slow"}),
    (request(operation="Title"), {"web": "good"}),
    (request(operation=""), {"web": "good"}),
    (request(client_type="tv"), {}),
    (request(client_type=""), {}),
    (request(status=503), {"web/Home": "failed", "web": "failed"}),
    (request(code="PLANNER_OVERLOADED"), {"web/Home": "failed", "web": "failed"}),
    (request(failures=(FAILURE,)), {"web/Home": "incomplete", "web": "incomplete"}),
    (request(cut_off=True), {"web/Home": "incomplete", "web": "incomplete"}),
    # Faults of the client, which may have the status 200.
    (request(status=400, code="BAD_REQUEST"), {}),
    (request(status=429), {}),
    (request(code="UNKNOWN_FIELD"), {}),
    (
        request(code="UNKNOWN_FIELD", failures=(FAILURE,)),
        {"web/Home": "incomplete", "web": "incomplete"},
    ),
    # It has left, or it has a WebSocket connection.
    (request(60.0, status=499), {}),
    (request(60.0, status=101, cut_off=True), {}),
]


@pytest.mark.parametrize(("event", "verdicts"), CASES)
def test_each_request_has_its_verdicts(
    event: RequestFinished, verdicts: dict[str, str]
) -> None:
    found = {each.name: verdict for each, verdict in OBJECTIVES.verdicts(event)}

    assert found == verdicts
