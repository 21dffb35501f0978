"""Work on large replies does not hold the event loop."""

import asyncio
from dataclasses import replace
from time import process_time, thread_time
from typing import Any

import pytest
from msgspec import structs

from tests.support.conditions import until
from tests.support.executing import (
    MemorySource,
    SourceRequest,
    entities,
    executable,
    execution_context,
    fetch,
    represent,
    required,
    run,
)
from tests.support.growth import LINEAR, Sizes, opcode_growth_exponent
from weir.gateway.concurrency.client_memory import ClientMemory
from weir.gateway.errors import GatewayOverloaded
from weir.gateway.json_types import JSONObject
from weir.gateway.transport.reply_hold import ReplyHold
from weir.resolvers.context import ExecutionContext
from weir.resolvers.errors import ResponseTooLarge
from weir.resolvers.execute.binding import bind
from weir.resolvers.execute.execute import execute
from weir.resolvers.execute.run.step import MOST_CONTEXTS
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.plan.model.nodes import ContextValue
from weir.resolvers.response_limits import ResponseLimits
from weir.resolvers.sources.source import BoundFetch, Reply

SDL = """
  scalar Any
  type Query { products: [Product], blob: Any }
  type Product { upc: ID! name: String price: Int stock: Int }
"""
LARGE = 512 * 1024

PLAN = executable(
    SDL,
    "{ products { upc name stock } }",
    fetch(1, "catalog", "{ products { __typename upc } }"),
    fetch(
        2,
        "names",
        "query names { _entities { ... on Product { name } } }",
        entities("products.@", represent("Product", "{ upc }")),
        after=(1,),
    ),
    fetch(
        3,
        "stocks",
        "query stocks { _entities { ... on Product { stock } } }",
        entities("products.@", represent("Product", "{ upc }")),
        after=(1,),
    ),
)


def products(count: int) -> JSONObject:
    rows = [{"__typename": "Product", "upc": f"{number}"} for number in range(count)]
    return {"products": rows}


def replying(data: JSONObject, size_bytes: int) -> BoundFetch:
    async def call(
        variables: JSONObject, context: ExecutionContext, span_id: str
    ) -> Reply:
        del variables, context, span_id
        await asyncio.sleep(0)
        return Reply(data, size_bytes=size_bytes)

    return call


async def test_most_work_on_large_replies_is_not_done_by_the_event_loop() -> None:
    count = 20_000
    fetches = [
        replying(products(count), LARGE),
        replying({"_entities": [{"name": "a"} for _ in range(count)]}, LARGE),
        replying({"_entities": [{"stock": 1} for _ in range(count)]}, LARGE),
    ]

    loop_s, process_s = thread_time(), process_time()

    result = await execute(PLAN, fetches, execution_context())

    loop_s, process_s = thread_time() - loop_s, process_time() - process_s
    assert result.data is not None
    assert len(result.data["products"]) == count
    assert loop_s < 0.2 * process_s


async def test_large_replies_of_concurrent_fetches_are_merged_alike() -> None:
    count = 2_000
    fetches = [
        replying(products(count), LARGE),
        replying({"_entities": [{"name": f"{n}"} for n in range(count)]}, 1),
        replying({"_entities": [{"stock": n} for n in range(count)]}, 1),
    ]

    result = await execute(PLAN, fetches, execution_context())

    assert result.errors == ()
    assert result.data == {
        "products": [{"upc": f"{n}", "name": f"{n}", "stock": n} for n in range(count)]
    }


async def test_a_large_response_that_may_not_be_merged_is_refused_as_a_whole() -> None:
    async def refuse(work: object, client: str, size_bytes: int, /) -> Any:
        del work, client, size_bytes
        raise GatewayOverloaded

    fetches = [replying(products(1), LARGE), replying({}, 1), replying({}, 1)]

    with pytest.raises(GatewayOverloaded):
        await execute(PLAN, fetches, execution_context(), refuse)


@pytest.mark.parametrize(("blobs", "fits"), [(4, True), (200, False)])
async def test_a_value_of_any_type_counts_wherever_it_is_selected(
    blobs: int, *, fits: bool
) -> None:
    query = "{ " + " ".join(f"a{number}: blob" for number in range(blobs)) + " }"
    plan = executable(SDL, query, fetch(1, "blobs", "{ blob }"))
    blob: Any = {"numbers": [1] * 40_000}
    context = execution_context(response_limits=ResponseLimits(size_bytes=1024 * 1024))
    fetches = [replying({"blob": blob}, 80_000)]
    started_s = thread_time()

    if fits:
        result = await execute(plan, fetches, context)
        assert result.data == {f"a{number}": blob for number in range(blobs)}
    else:
        with pytest.raises(ResponseTooLarge):
            await execute(plan, fetches, context)
    assert thread_time() - started_s < 0.1


PRICED = replace(
    entities("products.@", represent("Product", "{ upc }")),
    contexts=(
        ContextValue(variable="price", level=2, selections=required("{ price }")),
    ),
)
BY_CONTEXT = executable(
    SDL,
    "{ products { upc name } }",
    fetch(1, "catalog", "{ products { __typename upc price } }"),
    fetch(2, "names", "{ _entities { ... on Product { name } } }", PRICED, after=(1,)),
)


def priced(prices: int, of_each: int = 1) -> JSONObject:
    rows = products(prices * of_each)["products"]
    return {
        "products": [{**row, "price": at // of_each} for at, row in enumerate(rows)]
    }


async def test_requests_for_different_contexts_are_few_at_once() -> None:
    running = most = 0

    async def names(request: SourceRequest) -> JSONObject:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return {"_entities": [{"name": f"at {request.variables['price']}"}]}

    source = MemorySource(names)

    result = await run(BY_CONTEXT, {"catalog": priced(100), "names": source})

    assert result.errors == ()
    assert result.data is not None
    assert [each["name"] for each in result.data["products"]] == [
        f"at {at}" for at in range(100)
    ]
    assert most == 16


async def test_too_many_different_contexts_cost_only_their_fields() -> None:
    source = MemorySource({"_entities": []})
    count = MOST_CONTEXTS + 1

    result = await run(BY_CONTEXT, {"catalog": priced(count), "names": source})

    assert source.requests == []
    assert result.data is not None
    assert result.data["products"][0] == {"upc": "0", "name": None}
    codes = {error["extensions"]["code"] for error in result.errors}
    assert codes == {"CONTEXT_LIMIT_EXCEEDED"}
    assert len(result.errors) == 101, "100 paths, and one error for the others"


def test_the_paths_of_failed_requests_are_found_in_linear_time() -> None:
    async def in_this_thread(work: Any, client: str, size_bytes: int, /) -> Any:
        del client, size_bytes
        return work(WorkBudget())

    def fail(count: int) -> None:
        sources = {"catalog": MemorySource(priced(count, of_each=25))}
        error: JSONObject = {"message": "no", "path": ["_entities", 0, "name"]}
        names: list[JSONObject] = [{"name": None} for _ in range(25)]
        sources["names"] = MemorySource(Reply({"_entities": names}, (error,)))
        fetches = bind(BY_CONTEXT.plan, sources).fetches
        outcome = execute(BY_CONTEXT, fetches, execution_context(), in_this_thread)
        result = asyncio.run(outcome)
        assert len(result.errors) == count

    sizes = Sizes(smallest=8, doublings=4)

    assert opcode_growth_exponent(fail, lambda count: count, sizes) <= LINEAR


async def test_large_replies_that_wait_for_others_share_a_memory() -> None:
    memory = ClientMemory(6 * LARGE)
    may_end = asyncio.Event()

    async def last(
        variables: JSONObject, context: ExecutionContext, span_id: str
    ) -> Reply:
        del variables, context, span_id
        await may_end.wait()
        return Reply({"_entities": [{"stock": 1}]}, size_bytes=1)

    async def executed(client: str) -> JSONObject | None:
        fetches = [
            replying(products(1), LARGE),
            replying({"_entities": [{"name": "a"}]}, 1),
            last,
        ]
        hold = ReplyHold(memory, client)
        context = structs.replace(execution_context(), hold=hold)
        try:
            return (await execute(PLAN, fetches, context)).data
        finally:
            hold.release()

    running = [asyncio.create_task(executed("attacker")) for _ in range(5)]
    await until(lambda: sum(each.done() for each in running) == 3)
    waiting = [each for each in running if not each.done()]
    for each in running:
        if each not in waiting:
            with pytest.raises(GatewayOverloaded):
                await each
    assert memory.used < 3 * LARGE

    other = asyncio.create_task(executed("bystander"))
    may_end.set()
    for each in (*waiting, other):
        assert await each == {"products": [{"upc": "0", "name": "a", "stock": 1}]}
    assert memory.used == 0
