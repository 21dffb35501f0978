"""The run of a plan: the order of its fetches, their requests and their replies."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from graphql import OperationType
from msgspec import structs

from tests.support.calls import RecordingSink
from tests.support.executing import (
    MemorySource,
    SourceRequest,
    entities,
    executable,
    execution_context,
    fetch,
    path,
    run,
)
from tests.support.product_graph import (
    CATALOG,
    MAKER,
    NAMES,
    PRODUCT,
    SDL,
    USER,
    product,
)
from weir.gateway.events import FetchFinished
from weir.gateway.json_types import JSONObject
from weir.gateway.telemetry.traces.resolver_spans import CurrentSpans
from weir.resolvers.errors import HttpError
from weir.resolvers.execute.binding import bind
from weir.resolvers.execute.execute import execute
from weir.resolvers.execute.finish import finish_large
from weir.resolvers.execute.run.computing import in_thread
from weir.resolvers.plan.model.nodes import Rename


async def test_entities_are_joined_into_every_object_that_shares_one() -> None:
    plan = executable(
        SDL,
        "{ products { name } }",
        fetch(1, "catalog", CATALOG),
        fetch(2, "names", NAMES, entities("products.@", PRODUCT), after=(1,)),
    )
    names = MemorySource({"_entities": [{"name": "A"}, {"name": "B"}]})
    products = [product("1"), None, product("2"), product("1")]

    result = await run(plan, {"catalog": {"products": products}, "names": names})

    assert result.data == {
        "products": [{"name": "A"}, None, {"name": "B"}, {"name": "A"}]
    }
    assert result.completed
    assert names.requests == [
        SourceRequest(
            document=NAMES,
            variables={"representations": [product("1"), product("2")]},
            safe=True,
        )
    ]


async def test_an_entity_cannot_write_what_its_fetch_did_not_select() -> None:
    plan = executable(
        SDL,
        "{ product { upc name maker { id name } } }",
        fetch(1, "catalog", "{ product { __typename upc maker { id } } }"),
        fetch(
            2,
            "names",
            "{ _entities { ... on Product { name maker { name } } } }",
            entities("product", PRODUCT),
            after=(1,),
        ),
    )
    entity = {"name": "A", "upc": "666", "maker": {"name": "M", "id": "666"}}

    result = await run(
        plan,
        {
            "catalog": {"product": product("1", maker={"id": "m"})},
            "names": {"_entities": [entity]},
        },
    )

    assert result.data == {
        "product": {"upc": "1", "name": "A", "maker": {"id": "m", "name": "M"}}
    }


async def test_a_null_entity_leaves_the_object_as_it_is() -> None:
    plan = executable(
        SDL,
        "{ products { upc name } }",
        fetch(1, "catalog", CATALOG),
        fetch(2, "names", NAMES, entities("products.@", PRODUCT), after=(1,)),
    )

    result = await run(
        plan,
        {
            "catalog": {"products": [product("1"), product("2")]},
            "names": {"_entities": [None, {"name": "B"}]},
        },
    )

    assert result.data == {
        "products": [{"upc": "1", "name": None}, {"upc": "2", "name": "B"}]
    }
    assert result.completed


async def test_without_representations_there_is_no_call() -> None:
    plan = executable(
        SDL,
        "{ products { name } }",
        fetch(1, "catalog", CATALOG),
        fetch(2, "names", NAMES, entities("products.@", PRODUCT), after=(1,)),
    )
    names = MemorySource({"_entities": []})

    result = await run(plan, {"catalog": {"products": [None]}, "names": names})

    assert result.data == {"products": [None]}
    assert not names.requests


async def test_several_entity_fields_share_one_request() -> None:
    plan = executable(
        SDL,
        "{ product { name maker { name } } }",
        fetch(1, "catalog", "{ product { __typename upc maker { __typename id } } }"),
        fetch(
            2,
            "names",
            "{ _e0: _entities { ... on Product { name } } "
            "_e1: _entities { ... on Maker { name } } }",
            replace(entities("product", PRODUCT), alias="_e0", variable="r0"),
            replace(entities("product.maker", MAKER), alias="_e1", variable="r1"),
            after=(1,),
        ),
    )
    names = MemorySource({"_e0": [{"name": "A"}], "_e1": [{"name": "M"}]})
    maker = {"__typename": "Maker", "id": "m"}

    result = await run(
        plan, {"catalog": {"product": product("1", maker=maker)}, "names": names}
    )

    assert result.data == {"product": {"name": "A", "maker": {"name": "M"}}}
    assert [each.variables for each in names.requests] == [
        {"r0": [product("1")], "r1": [maker]}
    ]


async def test_shared_roots_are_merged_index_by_index() -> None:
    plan = executable(
        SDL,
        "{ products { name price } }",
        fetch(1, "names", "{ products { name } }"),
        fetch(2, "prices", "{ products { price } }"),
    )

    result = await run(
        plan,
        {
            "names": {"products": [{"name": "A"}, {"name": "B"}]},
            "prices": {"products": [{"price": 1}, {"price": 2}]},
        },
    )

    assert result.data == {
        "products": [{"name": "A", "price": 1}, {"name": "B", "price": 2}]
    }


async def test_renamed_fields_are_stored_under_their_key() -> None:
    plan = executable(
        SDL,
        "{ products { name } }",
        fetch(
            1,
            "catalog",
            "{ products { __typename upc name__on_Product: name } }",
            renames=(
                Rename(
                    path=path("products.@"),
                    types=("Product",),
                    sent="name__on_Product",
                    key="name",
                ),
            ),
        ),
    )

    result = await run(
        plan, {"catalog": {"products": [product("1", name__on_Product="A")]}}
    )

    assert result.data == {"products": [{"name": "A"}]}


async def test_renamed_fields_of_entities_are_stored_under_their_key() -> None:
    renamed = Rename(path=(), types=(), sent="name__on_Product", key="name")
    plan = executable(
        SDL,
        "{ product { name } }",
        fetch(1, "catalog", "{ product { __typename upc } }"),
        fetch(
            2,
            "names",
            "{ _entities { ... on Product { name__on_Product: name } } }",
            entities("product", PRODUCT),
            after=(1,),
            renames=(renamed,),
        ),
    )

    result = await run(
        plan,
        {
            "catalog": {"product": product("1")},
            "names": {"_entities": [{"name__on_Product": "A"}]},
        },
    )

    assert result.data == {"product": {"name": "A"}}


async def test_a_fetch_declares_only_the_variables_it_uses_and_that_have_a_value() -> (
    None
):
    plan = executable(
        SDL, "{ user { id } }", fetch(1, "users", USER, variables=("a", "b", "c"))
    )
    users = MemorySource({"user": None})

    await run(plan, {"users": users}, {"a": 1, "b": None, "other": 3})

    assert users.requests[0].variables == {"a": 1, "b": None}


@pytest.mark.parametrize(
    ("condition", "variables", "called"),
    [
        ((), {}, True),
        (((("x", True),),), {"x": True}, True),
        (((("x", True),),), {"x": False}, False),
        (((("x", False),),), {"x": False}, True),
        (((("x", True), ("y", False)),), {"x": True, "y": True}, False),
        (((("x", True),), (("y", True),)), {"x": False, "y": True}, True),
    ],
)
async def test_conditions_prevent_calls(
    *, condition: Any, variables: JSONObject, called: bool
) -> None:
    plan = executable(
        SDL, "{ user { id } }", fetch(1, "users", USER, condition=condition)
    )
    users = MemorySource({"user": {"id": "1"}})

    await run(plan, {"users": users}, variables)

    assert bool(users.requests) is called


async def test_children_of_a_fetch_that_is_not_called_go_on() -> None:
    plan = executable(
        SDL,
        "{ user { id } product { upc } }",
        fetch(1, "users", USER, condition=((("x", True),),)),
        fetch(2, "catalog", "{ product { upc } }", after=(1,)),
    )

    result = await run(
        plan, {"users": {"user": None}, "catalog": {"product": product("1")}}
    )

    assert result.data == {"user": None, "product": {"upc": "1"}}


async def test_a_fetch_waits_for_its_own_parents_alone() -> None:
    order: list[str] = []
    slow = asyncio.Event()

    async def answer(request: SourceRequest) -> JSONObject:
        name = request.document.split()[1]
        if name == "slow":
            await slow.wait()
        if name == "after_quick":
            slow.set()
        order.append(name)
        return {}

    plan = executable(
        SDL,
        "{ user { id } }",
        fetch(1, "s", "slow"),
        fetch(2, "s", "quick"),
        fetch(3, "s", "after_quick", after=(2,)),
        fetch(4, "s", "after_both", after=(1, 2)),
        fetch(5, "s", "last", after=(3, 4)),
    )

    async with asyncio.timeout(30):
        await run(plan, {"s": MemorySource(answer)})

    assert order == ["quick", "after_quick", "slow", "after_both", "last"]


async def test_independent_fetches_run_side_by_side() -> None:
    together = asyncio.Barrier(3)

    async def answer(_: SourceRequest) -> JSONObject:
        async with asyncio.timeout(30):
            await together.wait()
        return {}

    plan = executable(
        SDL, "{ user { id } }", fetch(1, "s"), fetch(2, "s"), fetch(3, "s")
    )

    await run(plan, {"s": MemorySource(answer)})


async def test_mutations_are_not_safe_to_repeat_but_the_queries_after_them_are() -> (
    None
):
    plan = executable(
        SDL,
        "mutation { add { name } }",
        fetch(
            1,
            "catalog",
            "mutation { add { __typename upc } }",
            kind=OperationType.MUTATION,
        ),
        fetch(2, "names", NAMES, entities("add", PRODUCT), after=(1,)),
    )
    catalog = MemorySource({"add": product("1")})
    names = MemorySource({"_entities": [{"name": "A"}]})

    result = await run(plan, {"catalog": catalog, "names": names})

    assert result.data == {"add": {"name": "A"}}
    assert not catalog.requests[0].safe
    assert names.requests[0].safe


async def test_a_run_from_a_given_root_fetches_what_is_missing() -> None:
    plan = executable(
        SDL,
        "{ product { upc name } }",
        fetch(1, "names", NAMES, entities("product", PRODUCT)),
    )
    names = MemorySource({"_entities": [{"name": "A"}]})
    fetches = bind(plan.plan, {"names": names}).fetches
    context = execution_context()

    run = await plan.code.program.run(fetches, context, {"product": product("1")})

    result = await finish_large(plan, run, context, in_thread)

    assert result.data == {"product": {"upc": "1", "name": "A"}}


async def test_errors_are_in_the_order_of_the_plan() -> None:
    second_failed = asyncio.Event()

    async def first(_: SourceRequest) -> JSONObject:
        await second_failed.wait()
        raise HttpError(501)

    async def second(_: SourceRequest) -> JSONObject:
        second_failed.set()
        raise HttpError(502)

    plan = executable(SDL, "{ user { id } }", fetch(1, "a", USER), fetch(2, "b", USER))

    result = await run(plan, {"a": MemorySource(first), "b": MemorySource(second)})

    assert [each["message"][-4:-1] for each in result.errors] == ["501", "502"]


async def test_nothing_at_all_is_missing_at_the_root() -> None:
    plan = executable(SDL, "{ sure { upc } }", fetch(1, "catalog", "{ sure { upc } }"))

    result = await run(plan, {"catalog": HttpError(500)})

    assert (result.data, [each["path"] for each in result.errors]) == (None, [["sure"]])


async def test_each_fetch_is_a_span_of_the_request_that_its_source_gets() -> None:
    sink = RecordingSink()
    plan = executable(
        SDL,
        "{ products { name } }",
        fetch(1, "catalog", CATALOG),
        fetch(2, "names", NAMES, entities("products.@", PRODUCT), after=(1,)),
    )
    sources = {
        "catalog": MemorySource({"products": [product("1"), product("2")]}),
        "names": MemorySource(HttpError(500)),
    }

    fetches = bind(plan.plan, sources).fetches
    context = execution_context(sink=sink)
    traced = structs.replace(context.request, spans=CurrentSpans())
    context = structs.replace(context, request=traced)
    await execute(plan, fetches, context)

    finished = [each for each in sink.events if isinstance(each, FetchFinished)]
    assert [(each.subgraph, each.entities, each.errors) for each in finished] == [
        ("catalog", 0, 0),
        ("names", 2, 1),
    ]
    assert [each.place for each in finished] == ["", "products.@"]
    assert all(each.started_s <= each.ended_s for each in finished)
    given = sources["catalog"].spans + sources["names"].spans
    assert [each.span_id for each in finished] == given
    assert len(set(given)) == 2
    assert {each.parent_id for each in finished} == {context.request.trace.parent_id}


async def test_a_fetch_has_no_span_without_tracing() -> None:
    sink = RecordingSink()
    plan = executable(SDL, "{ products { name } }", fetch(1, "catalog", CATALOG))
    source = MemorySource({"products": []})

    fetches = bind(plan.plan, {"catalog": source}).fetches
    await execute(plan, fetches, execution_context(sink=sink))

    (finished,) = (each for each in sink.events if isinstance(each, FetchFinished))
    assert [finished.span_id, *source.spans] == ["", ""]
