"""The cost of a large operation is estimated beside the event loop, in a turn."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from graphql import build_schema

from tests.support.blocking_work import BlockingWork
from tests.support.conditions import until
from weir.gateway.clock import SystemClock
from weir.gateway.json_types import JSONObject
from weir.gateway.limits.policy import CostLimit
from weir.resolvers.cost.admission import CostLimits, MeasuredCost
from weir.resolvers.cost.compile import operation_cost
from weir.resolvers.engine.cost_in_turn import assess_in_turn
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.operation.operation import prepare
from weir.resolvers.operation.work import WorkBudget
from weir.schema.graph.costs import CostTable

MANY = 2_100
FIELDS = " ".join(f"f{number}(x: [Int]): Int" for number in range(MANY))
SCHEMA = build_schema(f"type Query {{ {FIELDS} }}")
TABLE = CostTable({"Int": 1}, {})
LIMITS = CostLimits(CostLimit(maximum=10**9, enforced=True))
CLIENT = "192.0.2.1"


@pytest.fixture
async def queue() -> AsyncIterator[PreparationQueue]:
    queue = PreparationQueue(4, SystemClock())
    yield queue
    queue.close()


@pytest.mark.parametrize(
    ("fields", "variables", "is_large"),
    [
        (1, {"x": [1]}, False),
        (1, {"x": [1] * 6000}, True),
        (MANY, {"x": [1]}, True),
    ],
)
async def test_the_estimate_of_a_large_operation_waits_for_a_turn(
    queue: PreparationQueue, fields: int, variables: JSONObject, *, is_large: bool
) -> None:
    calls = " ".join(f"f{number}(x: $x)" for number in range(fields))
    operation = prepare(f"query ($x: [Int]) {{ {calls} }}", None, SCHEMA)
    cost = operation_cost(operation, SCHEMA, TABLE, 10, WorkBudget())
    busy = BlockingWork()
    running = asyncio.create_task(queue.run(busy, CLIENT, 1))
    await until(busy.started.is_set)

    assessing = asyncio.create_task(
        assess_in_turn(LIMITS, MeasuredCost(cost), variables, queue, CLIENT)
    )
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert assessing.done() is not is_large
    busy.released.set()
    found, _ = await asyncio.gather(assessing, running)
    assert found.running.whole.estimated >= fields
