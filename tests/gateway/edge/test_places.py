"""A bound on the requests in progress, and a time that begins with a request's head."""

import asyncio
from dataclasses import dataclass, field

import orjson

from tests.support.asgi_client import Answer, Client, http_scope
from tests.support.fake_clock import FakeClock
from tests.support.front_doubles import HandlerFront, OneFront, RecordingSink, text
from weir.gateway.context import RequestContext
from weir.gateway.edge.app import Edge
from weir.gateway.edge.asgi import ARRIVED
from weir.gateway.edge.exchange import ClientRequest, ClientResponse
from weir.gateway.edge.options import EdgeOptions
from weir.gateway.edge.plain import HealthEndpoint
from weir.gateway.edge.route import RoutePolicy
from weir.gateway.events import RequestFinished


@dataclass
class Desk:
    """An edge with two places, whose work lasts until it is told to end."""

    ending: asyncio.Event = field(default_factory=asyncio.Event)
    sink: RecordingSink = field(default_factory=RecordingSink)
    clock: FakeClock = field(default_factory=FakeClock)
    worked_on: int = 0

    def __post_init__(self) -> None:
        self.generation = OneFront(HandlerFront(self._work))
        options = EdgeOptions(in_flight=2, timeout_s=10)
        self.edge = Edge(
            lambda: self.generation, options, sink=self.sink, clock=self.clock
        )

    async def _work(
        self, request: ClientRequest, context: RequestContext
    ) -> ClientResponse:
        del request, context
        self.worked_on += 1
        await self.ending.wait()
        return text(b"done")

    async def ask(self, **scope: float) -> Answer:
        return await Client().run(self.edge, {**http_scope(), **scope})

    async def filled(self) -> list[asyncio.Task[Answer]]:
        tasks = [asyncio.create_task(self.ask()) for _ in range(2)]
        await asyncio.sleep(0.01)
        assert self.worked_on == 2
        return tasks


async def test_one_request_too_many_is_refused_before_any_work() -> None:
    desk = Desk()
    working = await desk.filled()

    refused = await desk.ask()

    assert desk.edge.in_flight == desk.worked_on == 2
    assert refused.status == 503
    assert refused.header(b"retry-after") == b"1"
    assert refused.header(b"content-type") == b"application/problem+json"
    assert refused.header(b"connection") is None
    assert orjson.loads(refused.body)["code"] == "GATEWAY_OVERLOADED"
    (told,) = desk.sink.events
    assert isinstance(told, RequestFinished)
    assert (told.status, told.error_code) == (503, "GATEWAY_OVERLOADED")
    desk.ending.set()
    assert [each.body for each in await asyncio.gather(*working)] == [b"done"] * 2


async def test_a_place_is_free_again_however_a_request_ends() -> None:
    desk = Desk()
    working = await desk.filled()
    for each in working:
        each.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    assert desk.edge.in_flight == 0

    desk.ending.set()
    assert (await desk.ask()).body == b"done"
    assert desk.edge.in_flight == 0


async def test_liveness_is_answered_in_an_overload() -> None:
    desk = Desk()
    working = await desk.filled()

    desk.generation.front = HealthEndpoint()
    desk.generation.policy = RoutePolicy(admission=False)
    assert (await desk.ask()).status == 200

    desk.ending.set()
    await asyncio.gather(*working)


async def test_what_a_request_waited_for_the_loop_is_part_of_its_time() -> None:
    desk = Desk()
    desk.ending.set()
    now_s = desk.clock.monotonic_s()

    in_time = await desk.ask(**{ARRIVED: now_s - 9})
    late = await desk.ask(**{ARRIVED: now_s - 10})

    assert (in_time.status, late.status) == (200, 504)
    assert desk.worked_on == 1
    first, second = desk.sink.events
    assert isinstance(first, RequestFinished)
    assert isinstance(second, RequestFinished)
    assert first.started_s == now_s - 9
    assert second.error_code == "DEADLINE_EXCEEDED"
