"""Preparation of operations for clients that come, wait and leave."""

import asyncio
import gc
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import pytest
from msgspec import structs

from tests.support.blocking_work import BlockingWork
from tests.support.calls import RecordingSink, request_context
from tests.support.conditions import until
from tests.support.memory_upstream import CallsOnly, MemoryUpstream, json_response
from weir.gateway.clock import SystemClock
from weir.gateway.context import RequestContext
from weir.gateway.errors import DeadlineExceeded
from weir.gateway.events import PlanBuilt
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.resolvers.engine.client_turns import MAX_STARTED
from weir.resolvers.engine.engine import Engine
from weir.resolvers.engine.known_operation import Prepared
from weir.resolvers.engine.plan_cache import PlanMemory
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.engine.view import EngineView
from weir.resolvers.errors import PlannerOverloaded
from weir.resolvers.operation.document.limits import DEFAULT_LIMITS
from weir.resolvers.operation.errors import ValidationFailed
from weir.resolvers.overrides import OverridePolicy, Overrides
from weir.resolvers.sources.graphql.source import GraphQLSource
from weir.schema import Composed, Subgraph, compose
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

LIMIT = 20


def view() -> EngineView:
    composed = compose(
        [
            Subgraph(
                name="a", sdl="type Query { a: Int b: Int } type Mutation { m: Int }"
            )
        ]
    )
    assert isinstance(composed, Composed)
    graph = Graph.of(read_supergraph(composed.supergraph_sdl))
    upstream = MemoryUpstream(lambda _: json_response({}))
    return EngineView(
        graph=graph,
        schema=graph.supergraph.api_schema,
        sources={"a": GraphQLSource(upstream)},
        upstreams={},
        coordinates=frozenset(),
        limits=DEFAULT_LIMITS,
        introspection=True,
        masked=True,
        overrides=Overrides.of(graph, OverridePolicy()),
    )


class Gateway:
    """An engine whose threads are busy with something else until `release`."""

    def __init__(self, plans: PlanMemory | None = None) -> None:
        self.sink = RecordingSink()
        self.clock = SystemClock()
        self.queue = PreparationQueue(LIMIT, self.clock, plans)
        self.engine = Engine(view(), self.queue, self.clock)
        self._busy: tuple[BlockingWork, ...] = ()
        self._blocking: list[asyncio.Task[str]] = []

    async def block(self) -> None:
        self._busy = tuple(BlockingWork() for _ in range(MAX_STARTED))
        self._blocking = [
            asyncio.create_task(self.queue.run(work, f"busy {n}", 1))
            for n, work in enumerate(self._busy)
        ]
        await until(lambda: all(work.started.is_set() for work in self._busy))

    def release_one(self) -> None:
        self._busy[0].released.set()

    def release(self) -> None:
        for work in self._busy:
            work.released.set()

    def ask(
        self, text: str, address: str = "192.0.2.1", within_s: float = 60.0
    ) -> "asyncio.Task[Prepared]":
        deadline_s = self.clock.monotonic_s() + within_s
        context = request_context(sink=self.sink, deadline_s=deadline_s)
        context = structs.replace(context, client=address)
        return asyncio.create_task(self._prepare(text, context))

    async def _prepare(self, text: str, context: RequestContext) -> Prepared:
        return await self.engine.prepare(text, None, context)

    def built(self) -> int:
        return sum(isinstance(event, PlanBuilt) for event in self.sink.events)


def keys(prepared: Prepared) -> list[str]:
    return [field.key for field in prepared.operation.fields]


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    gateway = Gateway()
    yield gateway
    gateway.release()
    gateway.queue.close()


async def test_identical_operations_share_one_preparation(gateway: Gateway) -> None:
    await gateway.block()
    tasks = [gateway.ask("{ a }", f"192.0.2.{n}") for n in range(9)]
    await until(lambda: gateway.queue.waiting == 1)
    gateway.release()

    assert len({id(each) for each in await asyncio.gather(*tasks)}) == 1
    assert gateway.built() == 1


async def test_the_first_to_ask_may_leave_the_others_waiting(gateway: Gateway) -> None:
    await gateway.block()
    first, second = gateway.ask("{ a }"), gateway.ask("{ a }")
    await until(lambda: gateway.queue.waiting == 1)
    first.cancel()
    await asyncio.wait([first])
    gateway.release()

    assert keys(await second) == ["a"]


async def test_clients_that_leave_take_their_operations_out_of_the_queue(
    gateway: Gateway,
) -> None:
    await gateway.block()
    leaving = [gateway.ask(f"{{ a{n}: a }}") for n in range(10)]
    await until(lambda: gateway.queue.waiting == 10)
    for task in leaving:
        task.cancel()
    await asyncio.wait(leaving)
    await until(lambda: gateway.queue.waiting == 0)
    gateway.release()

    assert keys(await gateway.ask("{ a }")) == ["a"]
    assert gateway.built() == 1


async def test_a_new_client_does_not_wait_for_all_operations_of_another_one(
    gateway: Gateway,
) -> None:
    await gateway.block()
    many = [gateway.ask(f"{{ a{n}: a }}", "192.0.2.1") for n in range(10)]
    await until(lambda: gateway.queue.waiting == 10)
    newcomer = gateway.ask("{ a }", "192.0.2.2")
    await until(lambda: gateway.queue.waiting == 11)
    done_before: list[int] = []
    newcomer.add_done_callback(
        lambda _: done_before.append(sum(one.done() for one in many))
    )
    gateway.release_one()  # one after the other, in whatever order threads run
    await asyncio.gather(*many, newcomer)

    (before,) = done_before
    assert before <= 2


async def test_more_new_operations_than_the_queue_takes_are_refused(
    gateway: Gateway,
) -> None:
    await gateway.block()
    tasks = [gateway.ask(f"{{ a{n}: a }}") for n in range(LIMIT + 5)]
    await until(lambda: sum(task.done() for task in tasks) == 5)
    gateway.release()

    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    refused = [one for one in outcomes if isinstance(one, PlannerOverloaded)]
    assert len(refused) == 5
    assert gateway.built() == LIMIT


async def test_a_known_operation_does_not_wait_for_new_ones(gateway: Gateway) -> None:
    await gateway.ask("{ a }")
    await gateway.block()
    new = gateway.ask("{ b }")

    assert keys(await gateway.ask("{ a }")) == ["a"]
    assert not new.done()
    new.cancel()


async def test_a_deadline_ends_the_waiting_of_one_request_alone(
    gateway: Gateway,
) -> None:
    await gateway.block()
    hurried, patient = gateway.ask("{ a }", within_s=0.02), gateway.ask("{ a }")

    with pytest.raises(DeadlineExceeded):
        await hurried
    gateway.release()
    assert keys(await patient) == ["a"]


async def test_the_error_of_an_operation_reaches_all_waiting_requests(
    gateway: Gateway,
) -> None:
    await gateway.block()
    tasks = [gateway.ask("{ nothing }") for _ in range(3)]
    await until(lambda: gateway.queue.waiting == 1)
    gateway.release()

    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in outcomes] == [ValidationFailed] * 3
    assert keys(await gateway.ask("{ a }")) == ["a"]


async def test_an_engine_is_closed_when_nothing_reads_its_view_any_more(
    gateway: Gateway,
) -> None:
    await gateway.block()
    tasks = [gateway.ask(f"{{ a{n}: a }}") for n in range(3)]
    await until(lambda: gateway.queue.waiting == 3)

    await gateway.engine.operations.close()

    assert gateway.queue.waiting == 0
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert not any(isinstance(one, Prepared) for one in outcomes)


async def test_introspection_by_variables_takes_its_turn_once(
    gateway: Gateway,
) -> None:
    text = (
        'query ($all: Boolean!) { __type(name: "Query") { '
        "fields(includeDeprecated: $all) { name } } }"
    )
    prepared = await gateway.ask(text)
    context = request_context(
        sink=gateway.sink, deadline_s=gateway.clock.monotonic_s() + 60
    )
    await gateway.block()
    first = asyncio.create_task(
        gateway.engine.execute(prepared, {"all": True}, {}, context)
    )
    await until(lambda: gateway.queue.waiting == 1)
    gateway.release()
    result = await first
    await gateway.block()
    again = await gateway.engine.execute(prepared, {"all": True}, {}, context)

    fields = [{"name": "a"}, {"name": "b"}]
    assert result.data == again.data == {"__type": {"fields": fields}}


async def test_the_memory_of_cached_operations_is_bounded() -> None:
    memory = PlanMemory(1024 * 1024)
    gateway = Gateway(memory)
    first = await gateway.ask("{ a }")
    for count in range(60):
        await gateway.ask(f"{{ {' '.join(f'a{n}: a' for n in range(count))} b }}")

    assert 900_000 < memory.used <= 1024 * 1024
    assert await gateway.ask("{ a }") is not first
    gateway.queue.close()


async def test_a_cached_operation_counts_what_it_retains(gateway: Gateway) -> None:
    text = f"{{ {' '.join(f'a{n}: a' for n in range(300))} }}"
    await gateway.ask("{ a }")
    before = gateway.queue.plans.used
    gc.collect()
    tracemalloc.start()
    await gateway.ask(text)
    gc.collect()
    retained, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert retained / 2 < gateway.queue.plans.used - before < retained * 2


@pytest.mark.parametrize(
    ("text", "writes"), [("{ a }", False), ("mutation { m }", True)]
)
async def test_the_calls_of_a_mutation_are_marked_as_those_of_a_write(
    text: str, *, writes: bool
) -> None:
    seen: list[bool] = []

    class Service(CallsOnly):
        async def call(
            self, request: UpstreamRequest, context: RequestContext
        ) -> UpstreamResponse:
            del request
            seen.append(context.writes)
            return json_response({"data": {"a": 1, "m": 1}})

    queue = PreparationQueue(LIMIT, SystemClock())
    engine = Engine(
        replace(view(), sources={"a": GraphQLSource(Service())}), queue, SystemClock()
    )
    context = request_context(sink=RecordingSink())

    prepared = await engine.prepare(text, None, context)
    await engine.execute(prepared, {}, {}, context)

    assert seen == [writes]
    queue.close()
