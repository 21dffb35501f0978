"""A short query with a large response is refused before the response is written."""

import asyncio
import re
from collections.abc import Callable
from time import thread_time
from typing import Any, TypeVar

import orjson
import pytest

from tests.support.executing import (
    entities,
    executable,
    execution_context,
    fetch,
    represent,
)
from weir.gateway.json_types import JSONObject
from weir.resolvers.context import ExecutionContext
from weir.resolvers.errors import ResponseTooLarge
from weir.resolvers.execute.execute import execute
from weir.resolvers.execute.response.size import structure_of
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.limit_excess import LimitExcess
from weir.resolvers.operation.work import Cancelled, WorkBudget
from weir.resolvers.response_limits import ResponseLimits
from weir.resolvers.sources.source import ASSUMED_BYTES, Reply

V = TypeVar("V")

SDL = """
  type Query { all: [Item!]! }
  type Item { id: ID! name: String same: [Item!] numbers: [Int!] }
"""
MEBIBYTE = 1024 * 1024


async def answered(
    query: str,
    data: JSONObject,
    limit: int | ResponseLimits,
    reply_bytes: int = ASSUMED_BYTES,
    measured: ResponseLimits | None = None,
) -> ExecutionResult:
    plan = executable(SDL, query, fetch(1, "items", query))
    limits = ResponseLimits(size_bytes=limit) if isinstance(limit, int) else limit
    context = execution_context(response_limits=limits, measured_limits=measured)

    async def call(
        variables: JSONObject, context: ExecutionContext, span_id: str
    ) -> Reply:
        del variables, context, span_id
        return Reply(data, size_bytes=reply_bytes)

    return await execute(plan, [call], context)


def shared(levels: int, items: int, **fields: Any) -> JSONObject:
    """Return objects that contain each other, as merged entities do."""
    below: list[Any] = [{"id": "1", **fields}] * items
    for _ in range(levels):
        below = [{"id": "1", "same": below, **fields}] * items
    return {"all": below}


async def test_objects_that_multiply_are_refused_by_their_number() -> None:
    query = "{ all { same { same { same { id } } } } }"
    started_s = thread_time()

    with pytest.raises(ResponseTooLarge) as refused:
        await answered(query, shared(levels=3, items=100), MEBIBYTE)

    assert thread_time() - started_s < 1
    assert (refused.value.row.status, refused.value.code) == (422, "RESPONSE_TOO_LARGE")
    assert "larger than 1048576 bytes" in refused.value.detail


async def test_long_texts_that_multiply_are_refused_by_their_length() -> None:
    aliases = " ".join(f"a{n}: name" for n in range(200))

    with pytest.raises(ResponseTooLarge):
        await answered(
            f"{{ all {{ {aliases} }} }}",
            {"all": [{"name": "x" * 10_000}]},
            MEBIBYTE,
        )


async def test_texts_count_as_they_are_written() -> None:
    """A control character is written as six, an emoji as four bytes."""
    query = "{ all { a: name b: name c: name } }"
    for text in ("\x01" * 80_000, "\N{TOP HAT}" * 100_000):
        data: JSONObject = {"all": [{"name": text}]}
        reply_bytes, written = len(orjson.dumps(data)), len(orjson.dumps([text] * 3))

        with pytest.raises(ResponseTooLarge):
            await answered(query, data, written - 1000, reply_bytes)
        assert (await answered(query, data, written + 1000, reply_bytes)).completed


async def test_items_of_lists_count() -> None:
    data: JSONObject = {"all": [{"numbers": list(range(300_000))}]}

    with pytest.raises(ResponseTooLarge):
        await answered("{ all { numbers } }", data, MEBIBYTE)


async def test_a_response_below_the_limit_is_complete() -> None:
    query = "{ all { same { id } } }"
    data = shared(levels=1, items=150)

    result = await answered(query, data, MEBIBYTE)

    assert result.data == {"all": [{"same": [{"id": "1"}] * 150}] * 150}


async def test_the_projection_of_a_large_response_can_be_stopped() -> None:
    query = "{ all { same { id } } }"
    plan = executable(SDL, query, fetch(1, "items", query))

    async def call(
        variables: JSONObject, context: ExecutionContext, span_id: str
    ) -> Reply:
        del variables, context, span_id
        return Reply(shared(levels=1, items=150), size_bytes=MEBIBYTE)

    async def cancelled(
        work: Callable[[WorkBudget], V], client: str, size_bytes: int
    ) -> V:
        assert client == execution_context().request.client
        assert size_bytes == MEBIBYTE
        budget = WorkBudget()
        budget.cancel()
        return work(budget)

    with pytest.raises(Cancelled):
        await execute(plan, [call], execution_context(), cancelled)


async def test_other_requests_go_on_while_a_large_response_is_projected() -> None:
    data = shared(levels=2, items=60)
    turns = 0
    task = asyncio.create_task(
        answered("{ all { same { same { id name } } } }", data, 8 * MEBIBYTE)
    )
    while not task.done():
        await asyncio.sleep(0.001)
        turns += 1

    assert (await task).completed
    # In the event loop, the projection would take one turn.
    assert turns > 5


async def test_texts_of_one_entity_count_for_each_object_that_adopts_it() -> None:
    """200 items have one author, whose text is in the reply once."""
    plan = executable(
        "type Query { all: [Item!]! } type Item { author: User } type User { bio: Bio }"
        " type Bio { text: String }",
        "{ all { author { bio { text } } } }",
        fetch(1, "items", "{ all { author { id } } }"),
        fetch(
            2,
            "users",
            "{ _entities { ... on User { bio { text } } } }",
            entities("all.@.author", represent("", "{ id }", typename="User")),
            after=(1,),
        ),
    )
    items: JSONObject = {"all": [{"author": {"id": "1"}} for _ in range(200)]}
    author = {"bio": {"text": "x" * 10_000}}

    async def replied(data: JSONObject) -> Reply:
        return Reply(data, size_bytes=len(orjson.dumps(data)))

    with pytest.raises(ResponseTooLarge):
        await execute(
            plan,
            [
                lambda *_: replied(items),
                lambda *_: replied({"_entities": [author]}),
            ],
            execution_context(response_limits=ResponseLimits(size_bytes=MEBIBYTE)),
        )


STRUCTURES: list[tuple[JSONObject, ResponseLimits, str]] = [
    ({"all": [1, 2, 3]}, ResponseLimits(items=3), ""),
    ({"all": [1, 2, 3]}, ResponseLimits(items=2), '3 items in "all"; 2 are allowed'),
    ({"a": {"b": [{"c": []}]}}, ResponseLimits(items=1), ""),
    ({"a": {"b": [{"c": [1, 2]}]}}, ResponseLimits(items=1), '2 items in "c"'),
    ({"grid": [[1, 2], [3, 4, 5]]}, ResponseLimits(items=2), '3 items in "grid"'),
    ({}, ResponseLimits(levels=1), ""),
    ({"a": 1, "b": None}, ResponseLimits(levels=1), ""),
    (
        {"a": {}},
        ResponseLimits(levels=1),
        "have 2 levels",
    ),
    ({"a": [{"b": 1}]}, ResponseLimits(levels=3), ""),
    (
        {"a": [{"b": [1]}]},
        ResponseLimits(levels=3),
        "objects and lists; 3 are allowed",
    ),
]


@pytest.mark.parametrize(("data", "limits", "message"), STRUCTURES)
def test_lists_and_levels_of_a_response_are_limited(
    data: JSONObject, limits: ResponseLimits, message: str
) -> None:
    if not message:
        structure_of(data).check(limits)
        return
    with pytest.raises(ResponseTooLarge, match=re.escape(message)):
        structure_of(data).check(limits)


async def test_a_limited_structure_is_refused_by_the_engine() -> None:
    with pytest.raises(ResponseTooLarge, match='2 items in "numbers"'):
        await answered(
            "{ all { numbers } }",
            {"all": [{"numbers": [1, 2]}]},
            ResponseLimits(items=1),
        )


MEASURED: list[tuple[ResponseLimits, LimitExcess | None]] = [
    (ResponseLimits(items=3, levels=4), None),
    (ResponseLimits(items=2), LimitExcess("items in the response", 3, 2)),
    (ResponseLimits(levels=3), LimitExcess("levels in the response", 4, 3)),
    (ResponseLimits(size_bytes=16), LimitExcess("bytes in the response", 24, 16)),
    (ResponseLimits(size_bytes=10**4), None),
]


@pytest.mark.parametrize(("limits", "excess"), MEASURED)
async def test_a_response_beyond_a_measured_limit_is_returned_with_its_excess(
    limits: ResponseLimits, excess: LimitExcess | None
) -> None:
    data: JSONObject = {"all": [{"numbers": [1, 2, 3]}]}

    result = await answered("{ all { numbers } }", data, MEBIBYTE, measured=limits)

    assert result.data == data
    assert result.excess == excess


async def test_the_texts_of_a_measured_response_count() -> None:
    data: JSONObject = {"all": [{"name": "x" * 10_000}]}

    result = await answered(
        "{ all { name } }",
        data,
        MEBIBYTE,
        reply_bytes=10_100,
        measured=ResponseLimits(size_bytes=9_000),
    )

    assert result.excess is not None
    assert result.excess.measured == "bytes in the response"
    assert 10_000 <= result.excess.found <= 10_100
