"""Large variables are coerced beside the event loop, in a turn of their client."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import build_schema

from tests.support.blocking_work import BlockingWork
from tests.support.conditions import until
from weir.gateway.clock import SystemClock
from weir.gateway.json_types import JSONObject
from weir.resolvers.engine.large_variables import coerce_in_turn
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.errors import BadUserInput
from weir.resolvers.operation.operation import prepare
from weir.resolvers.operation.variables.coercion import variable_coercion
from weir.resolvers.operation.work import Cancelled, WorkBudget

SCHEMA = build_schema("scalar Any type Query { a(x: [[Int]], any: Any): Int }")
COERCION = variable_coercion(
    prepare("query ($x: [[Int]], $any: Any) { a(x: $x, any: $any) }", None, SCHEMA),
    SCHEMA,
)
CLIENT = "192.0.2.1"
MANY = 6_000
CASES: list[tuple[JSONObject, bool]] = [
    ({}, False),
    ({"x": [[1] * 100]}, False),
    ({"any": "x" * 10**6}, False),
    ({"x": [[1] * MANY]}, True),
    ({"x": [[1]] * MANY}, True),
    ({"any": {f"{n}": {} for n in range(MANY)}}, True),
]


@pytest.fixture
async def queue() -> AsyncIterator[PreparationQueue]:
    queue = PreparationQueue(4, SystemClock())
    yield queue
    queue.close()


async def beside(queue: PreparationQueue, raw: JSONObject) -> bool:
    """Return whether the coercion waits for another computation of the client."""
    busy = BlockingWork()
    running = asyncio.create_task(queue.run(busy, CLIENT, 1))
    await until(busy.started.is_set)
    coercing = asyncio.create_task(coerce_in_turn(COERCION, raw, queue, CLIENT))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waits = not coercing.done()
    busy.released.set()
    await asyncio.gather(running, coercing)
    return waits


@pytest.mark.parametrize(("raw", "is_large"), CASES)
async def test_variables_with_many_values_wait_for_a_turn(
    queue: PreparationQueue, raw: JSONObject, *, is_large: bool
) -> None:
    assert await beside(queue, raw) is is_large


async def test_the_values_are_those_of_small_variables(queue: PreparationQueue) -> None:
    raw: dict[str, Any] = {"x": [[1, 2.0]] * MANY, "unknown": 1}

    coerced = await coerce_in_turn(COERCION, raw, queue, CLIENT)

    assert coerced == {"x": [[1, 2]] * MANY}


async def test_problems_of_large_variables_are_reported(
    queue: PreparationQueue,
) -> None:
    with pytest.raises(BadUserInput, match="is not an Int"):
        await coerce_in_turn(COERCION, {"x": [["a"]] * MANY}, queue, CLIENT)


def test_the_coercion_of_large_variables_can_be_stopped() -> None:
    work = WorkBudget()
    work.cancel()

    with pytest.raises(Cancelled):
        COERCION.coerce({"x": [[1] * MANY]}, work)
