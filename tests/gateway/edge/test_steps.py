"""Guards, checks and finishes: which of them see a request, and what they may do."""

import asyncio
import logging
from collections.abc import Callable

import pytest

from tests.support.calls import RecordingSink
from tests.support.conditions import until
from tests.support.fake_clock import FakeClock
from tests.support.front_doubles import CountedIds, HandlerFront, OneFront, text
from tests.support.memory_exchange import MemoryBody, MemoryExchange, request_head
from weir.gateway.context import RequestContext
from weir.gateway.edge.builtin import (
    RejectingEndpoint,
    allowed_methods,
    not_found,
)
from weir.gateway.edge.options import EdgeOptions
from weir.gateway.edge.origin import Origin
from weir.gateway.edge.pipeline import Pipeline
from weir.gateway.edge.request import Request, RequestHead
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.edge.route import Endpoint
from weir.gateway.edge.steps import BASE_STEPS, Steps
from weir.gateway.errors import BadRequest, MethodNotAllowed
from weir.gateway.events import RequestFinished, StepFinished


def _passing(*_: object) -> None:
    pass


def _responding(*_: object) -> Response:
    return Response(status=204, headers=(), body=b"")


def _refusing(*_: object) -> Response:
    detail = "refused"
    raise BadRequest(detail)


def _failing(*_: object) -> Response:
    raise ZeroDivisionError


Verdict = Callable[..., Response | None]


def _guard(verdict: Verdict) -> Steps:
    return Steps(guards=(_passing, verdict))


def _check(verdict: Verdict) -> Steps:
    return Steps(checks=(_passing, verdict))


async def _waiting(verdict: Verdict) -> Response | None:
    await asyncio.sleep(0)
    return verdict()


def _waiting_guard(verdict: Verdict) -> Steps:
    return Steps(guards=(_passing, lambda *_: _waiting(verdict)))


def _waiting_check(verdict: Verdict) -> Steps:
    return Steps(checks=(_passing, lambda *_: _waiting(verdict)))


STEPS = [_guard, _check, _waiting_guard, _waiting_check]


ENDINGS = [(_responding, 204), (_refusing, 400), (_failing, 500), (_passing, 200)]


def _colour(_: RequestHead, __: RequestContext, response: Response) -> Response:
    return response.adding(((b"x-colour", b"blue"),))


async def _hello(_: Request, __: RequestContext) -> Response:
    return text(b"hello")


def _pipeline(
    steps: Steps, endpoint: Endpoint | None = None, sink: RecordingSink | None = None
) -> tuple[Pipeline, OneFront]:
    generation = OneFront(endpoint or HandlerFront(_hello), steps=steps)
    pipeline = Pipeline(
        EdgeOptions(),
        sink=sink or RecordingSink(),
        clock=FakeClock(),
        ids=CountedIds(),
    )
    pipeline.serve(generation)
    return pipeline, generation


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("verdict", "status"), ENDINGS)
async def test_a_step_lets_a_request_pass_or_ends_it_before_its_body_is_read(
    step: Callable[[Verdict], Steps],
    verdict: Verdict,
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL)
    sink = RecordingSink()
    pipeline, generation = _pipeline(step(verdict), sink=sink)
    body = MemoryBody([b"body"])

    exchange = await MemoryExchange(request_head(method="POST"), body).run(pipeline)

    assert exchange.status == status
    assert body.was_read is (verdict is _passing)
    assert (generation.entered, generation.inside) == (1, 0)
    *waited, event = sink.events
    assert isinstance(event, RequestFinished)
    assert event.status == status
    assert len(waited) == (step in (_waiting_guard, _waiting_check))


async def test_guards_come_before_checks_and_those_that_wait_keep_their_place() -> None:
    called: list[str] = []

    async def wait(name: str) -> None:
        await asyncio.sleep(0)
        called.append(name)

    def guard(_: RequestHead, origin: Origin) -> None:
        called.append(f"guard {origin.address}")

    def check(_: RequestHead, context: RequestContext) -> None:
        called.append(f"check {context.client_type}")

    steps = Steps(
        guards=(lambda *_: wait("waiting guard"), guard),
        checks=(lambda *_: wait("waiting check"), check),
    )
    pipeline, _ = _pipeline(steps)

    await MemoryExchange().run(pipeline)

    assert called == [
        "waiting guard",
        "guard 192.0.2.7",
        "waiting check",
        "check web",
    ]


async def test_a_client_that_leaves_ends_a_check_that_waits() -> None:
    waits = asyncio.Event()
    ended = asyncio.Event()

    async def check(*_: object) -> None:
        waits.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    sink = RecordingSink()
    pipeline, generation = _pipeline(Steps(checks=(check,)), sink=sink)
    exchange = MemoryExchange()
    running = asyncio.create_task(exchange.run(pipeline))
    await until(waits.is_set)

    exchange.leave()
    await running

    assert ended.is_set()
    assert exchange.response is None
    assert generation.inside == 0
    waited, event = sink.events
    assert isinstance(waited, StepFinished)
    assert (waited.step, waited.parent_id) == ("check", waited.trace.parent_id)
    assert isinstance(event, RequestFinished)
    assert event.error_code == "CLIENT_CLOSED_REQUEST"


def _not_allowed(_: Request) -> MethodNotAllowed:
    return MethodNotAllowed("PUT", ("GET",))


async def _raise_a_bug(_: Request, __: RequestContext) -> Response:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("steps", "endpoint", "status"),
    [
        *(
            (step(verdict), None, status)
            for step in STEPS
            for verdict, status in ENDINGS
        ),
        (Steps(), RejectingEndpoint(not_found, ProblemRenderer()), 404),
        (Steps(), RejectingEndpoint(_not_allowed, ProblemRenderer()), 405),
        (Steps(), allowed_methods(("GET",)), 204),
        (Steps(), HandlerFront(_raise_a_bug), 500),
    ],
)
async def test_finishes_see_every_response(
    steps: Steps,
    endpoint: Endpoint | None,
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL)
    finishing = BASE_STEPS.then(steps).then(Steps(finishes=(_colour,)))
    pipeline, _ = _pipeline(finishing, endpoint)

    exchange = await MemoryExchange().run(pipeline)

    assert exchange.status == status
    assert exchange.header(b"x-colour") == b"blue"
    assert exchange.header(b"x-request-id") is not None
