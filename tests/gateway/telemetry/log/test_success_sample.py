"""The lines of successes are sampled, and no other ones."""

from random import Random

import pytest
from msgspec import structs

from tests.support import events
from tests.support.fake_clock import FakeClock
from weir.gateway.events import Event, ServiceFailure
from weir.gateway.telemetry.log.json_log import JsonLogSink
from weir.gateway.telemetry.log.success_sample import SLOW_S, SuccessSample

RANDOM = Random(1)  # noqa: S311 - no secret
FAILURE = ServiceFailure(service="reviews", code="TIMEOUT", count=1, detail="late")
OTHERS: list[Event] = [
    structs.replace(events.REQUEST, status=400),
    structs.replace(events.REQUEST, status=503),
    structs.replace(events.REQUEST, error_code="GRAPHQL_VALIDATION_FAILED"),
    structs.replace(events.REQUEST, failures=(FAILURE,)),
    structs.replace(events.REQUEST, cut_off=True),
    structs.replace(events.REQUEST, ended_s=events.REQUEST.started_s + SLOW_S),
    events.BREAKER,
    events.GENERATION,
]


def written(event: Event, share: float, times: int) -> int:
    lines: list[bytes] = []
    log = JsonLogSink(lines.append, FakeClock())
    receive = SuccessSample(log, share, RANDOM).receiver(type(event))
    assert receive is not None
    for _ in range(times):
        receive(event)
    return len(lines)


def test_a_share_of_the_successes_has_lines() -> None:
    assert 150 < written(events.REQUEST, 0.1, 2000) < 250
    assert written(events.REQUEST, 0.0, 100) == 0


@pytest.mark.parametrize("event", OTHERS)
def test_everything_else_has_all_of_its_lines(event: Event) -> None:
    assert written(event, 0.0, 3) == 3


def test_what_the_log_does_not_use_is_not_received() -> None:
    sample = SuccessSample(JsonLogSink(lambda _: None, FakeClock()), 0.5, RANDOM)

    assert sample.receiver(type(events.FETCH)) is None
