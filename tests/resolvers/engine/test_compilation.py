"""Plans that are used often are compiled, and their code is freed before any plan."""

import asyncio
import gc

import pytest
from msgspec import structs

from tests.resolvers.engine.test_engine import view
from tests.support.blocking_work import BlockingWork
from tests.support.calls import RecordingSink, request_context
from tests.support.conditions import until
from weir.gateway.clock import SystemClock
from weir.gateway.events import ExecutionFinished, PlanCompiled
from weir.gateway.json_types import JSONObject
from weir.resolvers.engine.client_turns import MAX_STARTED
from weir.resolvers.engine.engine import Engine
from weir.resolvers.engine.known_operation import Prepared
from weir.resolvers.engine.plan_cache import PlanMemory
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.execute.compiled.code import COMPILED_AT, Form
from weir.resolvers.operation.work import WorkBudget


class Serving:
    """An engine, and requests to it."""

    def __init__(self, limit: int = 64 * 1024 * 1024) -> None:
        self.memory = PlanMemory(limit)
        clock = SystemClock()
        self.queue = PreparationQueue(20, clock, self.memory)
        self.engine = Engine(view(), self.queue, clock)
        self.sink = RecordingSink()
        self.context = request_context((), self.sink, clock.monotonic_s() + 60)

    async def prepared(self, text: str) -> Prepared:
        return await self.engine.prepare(text, None, self.context)

    async def use(
        self, prepared: Prepared, times: int, variables: JSONObject | None = None
    ) -> None:
        for _ in range(times):
            await self.engine.execute(prepared, variables or {}, {}, self.context)

    async def compiled(self, text: str, uses: int = COMPILED_AT) -> Prepared:
        prepared = await self.prepared(text)
        await self.use(prepared, uses)
        code = prepared.executable.code
        await until(lambda: code in self.memory.codes)
        return prepared


async def test_a_plan_is_compiled_at_its_nth_use() -> None:
    serving = Serving()
    prepared = await serving.prepared("{ a }")
    code = prepared.executable.code
    await serving.use(prepared, COMPILED_AT - 1)
    await asyncio.sleep(0)

    assert (code.form, serving.memory.codes) == (Form.INTERPRETED, ())

    before = serving.memory.used
    await serving.use(prepared, 1)
    await until(lambda: code.size_bytes > 0)

    assert code.form is Form.COMPILED
    assert prepared.executable.shape.of({}).project is not None
    await until(lambda: serving.memory.used == before + code.size_bytes)


async def test_a_stored_operation_is_compiled_before_its_first_use() -> None:
    serving = Serving()
    prepared = serving.engine.operations.prepare_stored("{ a }", None)

    assert prepared.executable.code.form is Form.COMPILED
    assert serving.memory.used == 0


async def test_shapes_of_conditions_are_compiled_later() -> None:
    serving = Serving()
    text = "query ($x: Boolean!) { a b @include(if: $x) }"
    prepared = serving.engine.operations.prepare_stored(text, None)
    shape, code = prepared.executable.shape, prepared.executable.code
    await serving.use(prepared, COMPILED_AT, {"x": True})
    await until(lambda: shape.of({"x": True}).project is not None)
    await serving.use(prepared, 3 * COMPILED_AT, {"x": False})
    await until(lambda: shape.of({"x": False}).project is not None)

    assert code.form is Form.COMPILED


async def test_introspection_is_interpreted_and_counted() -> None:
    serving = Serving()
    prepared = await serving.prepared("{ a __schema { queryType { name } } }")
    await serving.use(prepared, COMPILED_AT)
    code = prepared.executable.code
    await until(lambda: code.reason is not None)

    assert code.form is Form.PARTLY
    await until(lambda: serving.memory.codes == (code,))


async def test_code_is_freed_before_plans_the_least_used_first() -> None:
    serving = Serving()
    often = await serving.compiled("{ a }", uses=2 * COMPILED_AT)
    seldom = await serving.compiled("{ b }")
    memory = serving.memory
    memory._limit = memory.used - 1  # noqa: SLF001 - the memory is full from now on
    with memory.lock:
        memory.make_room()

    assert often.executable.code.form is Form.COMPILED
    assert seldom.executable.code.form is Form.INTERPRETED
    assert seldom.executable.shape.of({}).project is None
    assert await serving.prepared("{ a }") is often
    assert await serving.prepared("{ b }") is seldom
    assert memory.used <= memory._limit  # noqa: SLF001 - as above

    memory._limit = 2**30  # noqa: SLF001 - there is room again
    await serving.use(seldom, COMPILED_AT)
    await until(lambda: seldom.executable.code.form is Form.COMPILED)


async def test_code_is_freed_with_its_plan() -> None:
    serving = Serving()
    await serving.compiled("{ a }")
    serving.engine.operations.cached.evict()
    gc.collect()

    assert serving.memory.codes == ()


async def test_no_request_waits_for_a_compilation() -> None:
    serving = Serving()
    prepared = await serving.prepared("{ a }")
    busy = BlockingWork()
    blocking = [
        asyncio.create_task(serving.queue.run(busy, f"busy {n}", 1))
        for n in range(MAX_STARTED)
    ]
    await until(lambda: len(busy.log) == MAX_STARTED)
    await serving.use(prepared, 3 * COMPILED_AT)

    await until(lambda: serving.queue.waiting == 1)
    assert prepared.executable.code.form is Form.INTERPRETED

    await serving.engine.operations.close()
    assert serving.queue.waiting == 0
    # The next generation compiles it.
    assert prepared.executable.code.due_at < 2**60
    busy.released.set()
    await asyncio.gather(*blocking)


async def test_a_compilation_has_its_turn_with_the_other_work_of_its_client() -> None:
    serving = Serving()
    serving.context = structs.replace(serving.context, client="issuer ada")
    prepared = await serving.prepared("{ a }")
    own = BlockingWork()
    running = asyncio.create_task(serving.queue.run(own, "issuer ada", 1))
    await until(own.started.is_set)
    await serving.use(prepared, COMPILED_AT)

    await until(lambda: serving.queue.waiting == 1)
    own.released.set()
    await running
    await until(lambda: prepared.executable.code.form is Form.COMPILED)


async def test_a_compilation_that_cannot_start_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serving = Serving()
    prepared = await serving.prepared("{ a }")
    code = prepared.executable.code
    with monkeypatch.context() as patch:
        full = PreparationQueue(0, SystemClock())
        patch.setattr(serving.queue, "run", full.run)
        await serving.use(prepared, COMPILED_AT)
        await until(lambda: code.uses < code.due_at < 2**60)
    await serving.use(prepared, 2 * COMPILED_AT)
    await until(lambda: code.form is Form.COMPILED)


def test_code_that_runs_can_be_freed_and_compiled_again() -> None:
    serving = Serving()
    prepared = serving.engine.operations.prepare_stored("{ a }", None)
    code = prepared.executable.code
    size = code.size_bytes
    code.drop()
    code.compile(WorkBudget())

    assert code.size_bytes == size


async def test_each_execution_and_each_compilation_have_an_event() -> None:
    serving = Serving()
    await serving.compiled("{ a }")

    found = [type(each) for each in serving.sink.events]
    assert found.count(ExecutionFinished) == COMPILED_AT
    assert found.count(PlanCompiled) == 1
