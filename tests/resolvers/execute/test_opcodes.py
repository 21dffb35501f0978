"""The opcodes of the execution of a plan, against a recorded baseline.

The counts do not depend on the load of the machine, but on the minor version of Python.
Time inside of C functions does not count. More than 5 % above the baseline fails: find
the reason, or record the new counts and state the reason in the commit.
"""

import sys
from typing import Any

import pytest

from benchmarks.count_opcodes import OpcodeCount
from tests.support.executing import (
    entities,
    executable,
    execution_context,
    fetch,
    represent,
)
from weir.gateway.json_types import JSONObject
from weir.resolvers.context import ExecutionContext
from weir.resolvers.execute.executable import Executable
from weir.resolvers.execute.execute import execute
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.sources.source import Reply

SDL = """
  type Query { products: [Product!]! }
  type Product { upc: ID! name: String price: Int reviews: [Review!] }
  type Review { id: ID! body: String! author: User }
  type User { id: ID! name: String }
"""
LIGHT = "{ products { upc name price } }"
HOPS = "{ products { upc name reviews { id body author { id name } } } }"
PRODUCTS = 20
REVIEWS = 4
BASELINE = {
    (3, 11): {
        ("light", "interpreted"): 3_411,
        ("light", "compiled"): 1_468,
        ("hops", "interpreted"): 44_453,
        ("hops", "compiled"): 21_184,
    }
}
ALLOWED = 1.05


def light() -> Executable:
    return executable(SDL, LIGHT, fetch(1, "products", LIGHT))


def hops() -> Executable:
    return executable(
        SDL,
        HOPS,
        fetch(1, "products", "{ products { upc name } }"),
        fetch(
            2,
            "reviews",
            "{ _entities { ... on Product { reviews { id body author { id } } } } }",
            entities("products.@", represent("", "{ upc }", typename="Product")),
            after=(1,),
        ),
        fetch(
            3,
            "users",
            "{ _entities { ... on User { name } } }",
            entities(
                "products.@.reviews.@.author",
                represent("", "{ id }", typename="User"),
            ),
            after=(2,),
        ),
    )


def products() -> JSONObject:
    return {
        "products": [
            {"upc": str(n), "name": f"N{n}", "price": n} for n in range(PRODUCTS)
        ]
    }


def reviews() -> JSONObject:
    return {
        "_entities": [
            {
                "reviews": [
                    {"id": f"{n}.{m}", "body": "Good", "author": {"id": str(m)}}
                    for m in range(REVIEWS)
                ]
            }
            for n in range(PRODUCTS)
        ]
    }


def users() -> JSONObject:
    return {"_entities": [{"name": f"U{m}"} for m in range(REVIEWS)]}


async def counted(plan: Executable) -> int:
    """Return the opcodes of one run."""

    def replying(make: Any) -> Any:
        async def call(
            variables: JSONObject, context: ExecutionContext, span_id: str
        ) -> Reply:
            del variables, context, span_id
            return replies[make]

        return call

    makes = (products, reviews, users)
    replies = {make: Reply(make(), size_bytes=4096) for make in makes}
    fetches = [replying(make) for make in makes[: len(plan.plan.fetches)]]
    context = execution_context()
    with OpcodeCount() as count:
        result = await execute(plan, fetches, context)
    assert result.completed, result.errors
    return sum(
        opcodes for file, opcodes in count.by_file.items() if "/tests/" not in file
    )


@pytest.mark.parametrize("way", ["interpreted", "compiled"])
@pytest.mark.parametrize("plan", [light, hops], ids=["light", "hops"])
async def test_no_plan_executes_more_opcodes_than_recorded(plan: Any, way: str) -> None:
    made = plan()
    if way == "compiled":
        made.code.compile(WorkBudget())
    await counted(made)
    recorded = BASELINE.get(sys.version_info[:2])
    if recorded is None:
        pytest.skip(f"no baseline for Python {sys.version_info[:2]}")

    assert await counted(made) <= ALLOWED * recorded[plan.__name__, way]
