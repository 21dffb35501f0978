import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec import structs

from tests.support import events
from tests.support.conditions import until
from tests.support.otlp_receiver import Collector, collector
from weir.gateway.clock import SystemClock
from weir.gateway.events import RequestFinished
from weir.gateway.telemetry.traces.policy import TracePolicy
from weir.gateway.telemetry.traces.tracing import Tracing
from weir.gateway.trace_parent import TraceParent

TRACE = TraceParent(trace_id="a" * 32, parent_id="3" * 16, flags="01")
REQUEST = structs.replace(events.REQUEST, trace=TRACE)


@asynccontextmanager
async def tracing() -> AsyncIterator[tuple[Tracing, Collector]]:
    async with collector() as received:
        policy = TracePolicy(endpoint=f"{received.url}/v1/traces")
        running = Tracing(policy, SystemClock())
        running.start()
        yield running, received
        await running.close()


async def test_an_event_reaches_the_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "1")
    async with tracing() as (running, received):
        running.sink.emit(REQUEST)
        await until(lambda: bool(received.spans))
        await until(lambda: running.counts()[0] == (("exported",), 1))

    (span,) = received.spans
    assert span.name == "GET /web/v1/home"
    assert span.resource["service.name"] == "weir"


async def test_an_event_that_cannot_be_a_span_does_not_end_the_traces(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken: RequestFinished = structs.replace(
        REQUEST, trace=structs.replace(TRACE, trace_id="x")
    )
    async with tracing() as (running, received):
        with caplog.at_level(logging.CRITICAL):
            running.sink.emit(broken)
            running.sink.emit(REQUEST)
            await until(lambda: not running.sink.waiting)
        assert running.sink.dropped == 1

    assert len(received.spans) == 1


async def test_a_closed_process_has_sent_what_is_waiting() -> None:
    async with tracing() as (running, received):
        for _ in range(120):
            running.sink.emit(REQUEST)

    await asyncio.sleep(0)
    assert len(received.spans) == 120
