"""A limit of the requests in flight, and a time that begins with a request's head."""

import asyncio
from dataclasses import dataclass, field

import orjson
from msgspec import structs

from tests.support.calls import RecordingSink
from tests.support.conditions import until
from tests.support.fake_clock import FakeClock
from tests.support.front_doubles import HandlerFront, OneFront, text
from tests.support.memory_exchange import MemoryExchange, request_head
from weir.gateway.context import RequestContext
from weir.gateway.edge.builtin import HEALTH_ENDPOINT, builtin_policy
from weir.gateway.edge.options import EdgeOptions
from weir.gateway.edge.pipeline import Pipeline
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.events import RequestFinished


@dataclass
class Desk:
    """A pipeline that admits two requests, whose work lasts until it is let go."""

    ending: asyncio.Event = field(default_factory=asyncio.Event)
    sink: RecordingSink = field(default_factory=RecordingSink)
    clock: FakeClock = field(default_factory=FakeClock)
    worked_on: int = 0

    def __post_init__(self) -> None:
        self.generation = OneFront(HandlerFront(self._work))
        options = EdgeOptions(in_flight=2)
        self.pipeline = Pipeline(options, sink=self.sink, clock=self.clock)
        self.pipeline.serve(self.generation)

    async def _work(self, request: Request, context: RequestContext) -> Response:
        del request, context
        self.worked_on += 1
        await self.ending.wait()
        return text(b"done")

    async def send(self, arrived_s: float | None = None) -> MemoryExchange:
        now_s = self.clock.monotonic_s()
        head = structs.replace(request_head(), arrived_s=arrived_s or now_s)
        return await MemoryExchange(head).run(self.pipeline)

    async def filled(self) -> list[asyncio.Task[MemoryExchange]]:
        tasks = [asyncio.create_task(self.send()) for _ in range(2)]
        await until(lambda: self.worked_on == 2)
        return tasks


async def test_one_request_too_many_is_refused_before_any_work() -> None:
    desk = Desk()
    working = await desk.filled()

    refused = await desk.send()

    assert desk.pipeline.in_flight == desk.worked_on == 2
    assert refused.status == 503
    assert refused.header(b"retry-after") == b"1"
    assert refused.header(b"content-type") == b"application/problem+json"
    assert orjson.loads(refused.content)["code"] == "GATEWAY_OVERLOADED"
    (event,) = desk.sink.events
    assert isinstance(event, RequestFinished)
    assert (event.status, event.error_code) == (503, "GATEWAY_OVERLOADED")
    desk.ending.set()
    assert [each.content for each in await asyncio.gather(*working)] == [b"done"] * 2


async def test_another_request_is_admitted_however_one_ends() -> None:
    desk = Desk()
    working = await desk.filled()
    for each in working:
        each.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    assert desk.pipeline.in_flight == 0

    desk.ending.set()
    assert (await desk.send()).content == b"done"
    assert desk.pipeline.in_flight == 0


async def test_health_is_served_in_an_overload() -> None:
    desk = Desk()
    working = await desk.filled()

    desk.generation.front = HEALTH_ENDPOINT
    desk.generation.policy = builtin_policy()
    healthy = await desk.send()
    assert (healthy.status, healthy.content) == (200, b'{"status":"ok"}')
    assert desk.pipeline.in_flight == 2

    desk.ending.set()
    await asyncio.gather(*working)


async def test_the_wait_for_the_event_loop_is_part_of_the_time() -> None:
    desk = Desk()
    desk.ending.set()
    now_s = desk.clock.monotonic_s()

    in_time = await desk.send(now_s - 9)
    late = await desk.send(now_s - 10)

    assert (in_time.status, late.status) == (200, 504)
    assert desk.worked_on == 1
    first, second = desk.sink.events
    assert isinstance(first, RequestFinished)
    assert isinstance(second, RequestFinished)
    assert first.started_s == now_s - 9
    assert second.error_code == "DEADLINE_EXCEEDED"
