"""Whatever one service does, the answer is a correct partial one.

Each fault is what a whole service answers, as bytes, for one of three subgraphs in
turn. What the others said is there, what the broken one should have said is null (up
to the nearest nullable parent), there is an error, and the answer can be written.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import orjson
import pytest

from tests.support.executing import (
    entities,
    executable,
    execution_context,
    fetch,
    represent,
)
from tests.support.freeing import Freed, uncollected
from weir.gateway.context import RequestContext
from weir.gateway.json_types import JSONObject
from weir.gateway.transport.errors import UpstreamTimeout
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.model.upstream import Upstream
from weir.resolvers.execute.binding import bind
from weir.resolvers.execute.execute import execute
from weir.resolvers.sources.graphql.source import GraphQLSource
from weir.resolvers.sources.source import Source

PLAN = executable(
    """
    type Query { products: [Product!] me: User }
    type Product { upc: ID! name: String reviews: [Review!] }
    type Review { id: ID! body: String! }
    type User { id: ID! name: String! }
    """,
    "{ products { upc name reviews { id body } } me { name } }",
    fetch(1, "catalog", "{ products { __typename upc name } }"),
    fetch(2, "users", "{ me { name } }"),
    fetch(
        3,
        "reviews",
        """
        query ($representations: [_Any!]!) {
          _entities(representations: $representations) {
            ... on Product { reviews { id body } }
          }
        }
        """,
        entities("products.@", represent("Product", "{ upc }")),
        after=(1,),
    ),
)
RIGHT: dict[str, JSONObject] = {
    "catalog": {
        "products": [
            {"__typename": "Product", "upc": "1", "name": "A"},
            {"__typename": "Product", "upc": "2", "name": None},
        ]
    },
    "users": {"me": {"name": "Ann"}},
    "reviews": {
        "_entities": [{"reviews": [{"id": "r", "body": "Good"}]}, {"reviews": []}]
    },
}
WHOLE: JSONObject = {
    "products": [
        {"upc": "1", "name": "A", "reviews": [{"id": "r", "body": "Good"}]},
        {"upc": "2", "name": None, "reviews": []},
    ],
    "me": {"name": "Ann"},
}
WITHOUT: dict[str, JSONObject] = {
    "catalog": {**WHOLE, "products": None},
    "users": {**WHOLE, "me": None},
    "reviews": {
        **WHOLE,
        "products": [{**product, "reviews": None} for product in WHOLE["products"]],
    },
}

Fault: TypeAlias = Callable[[], Awaitable[UpstreamResponse]]


def answering(body: Any, status: int = 200) -> Fault:
    async def answer() -> UpstreamResponse:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        return UpstreamResponse(status=status, headers=(), body=content)

    return answer


async def timing_out() -> UpstreamResponse:
    raise UpstreamTimeout


class Service:
    """Answers rightly, or as its fault says."""

    def __init__(self, name: str, fault: Fault | None) -> None:
        self._answer = fault or answering({"data": RIGHT[name]})

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        del request, context
        return await self._answer()


async def answer_with(faulty: str, fault: Fault | None) -> tuple[Any, list[Any]]:
    sources: dict[str, Source] = {}
    for name in RIGHT:
        upstream: Upstream = Service(name, fault if name == faulty else None)
        sources[name] = GraphQLSource(upstream)
    fetches = bind(PLAN.plan, sources).fetches
    result = await execute(PLAN, fetches, execution_context())
    written = orjson.loads(orjson.dumps({"data": result.data, "errors": result.errors}))
    return written["data"], written["errors"]


ANYWHERE: dict[str, Fault] = {
    "a timeout": timing_out,
    "status 500": answering(b"Internal Server Error", 500),
    "status 500 with JSON": answering({"detail": "x"}, 500),
    "status 429 with JSON": answering({}, 429),
    "no body": answering(b""),
    "broken JSON": answering(b'{"data": {"me":'),
    "not UTF-8": answering(b'{"data": {"me": "\xff"}}'),
    "JSON too deep": answering(b'{"data":' + b"[" * 5000 + b"]" * 5000 + b"}"),
    "a list": answering([]),
    "a string": answering("data"),
    "null": answering(None),
    "an empty object": answering({}),
    "data without what was asked for": answering({"data": {}}),
    "other JSON": answering({"hello": 1}),
    "no data": answering({"data": None}),
    "data that is a list": answering({"data": []}),
    "data that is a string": answering({"data": "x"}),
    "errors without data": answering({"errors": [{"message": "x"}]}),
    "errors without data, status 400": answering({"errors": [{"message": "x"}]}, 400),
    "an error with an impossible path": answering(
        {"data": None, "errors": [{"message": "x", "path": ["_entities", 99, {}]}]}
    ),
    "errors that are no objects": answering({"errors": [1, None, "x"]}),
    "errors that are no list": answering({"errors": "x"}),
    "an error without a message": answering({"errors": [{}]}),
}
PRODUCTS: list[Any] = [
    "text",
    3,
    {"upc": "1"},
    [1],
    [[{"upc": "1"}]],
    [None],
    [{"upc": None}],
    [{"upc": {"a": 1}}],
    [{}],
]
ME: list[Any] = ["text", [], {}, {"name": None}, {"name": 3}, {"name": []}]
ENTITIES: list[Any] = [
    None,
    [],
    [{"reviews": []}],
    [{"reviews": []}] * 3,
    {"reviews": []},
    "text",
    [1, 2],
    [{"reviews": 3}, {"reviews": "x"}],
    [{"reviews": [None]}, {"reviews": [{"id": "1", "body": None}]}],
    [{"reviews": [{}]}, {"reviews": [3]}],
    [{}, {}],
    [{"upc": "1"}, {"upc": "2"}],
]
WRONG_SHAPES: list[tuple[str, JSONObject]] = [
    *(("catalog", {"products": value}) for value in PRODUCTS),
    *(("users", {"me": value}) for value in ME),
    *(("reviews", {"_entities": value}) for value in ENTITIES),
]


@pytest.mark.parametrize("service", RIGHT)
async def test_failures_are_freed_with_the_response(service: str) -> None:
    freed = Freed()

    async def failing() -> UpstreamResponse:
        freed.fail(UpstreamTimeout())

    with uncollected():
        await answer_with(service, failing)

        assert freed


@pytest.mark.parametrize("service", RIGHT)
@pytest.mark.parametrize("fault", ANYWHERE)
async def test_a_service_that_fails_costs_its_own_fields(
    service: str, fault: str
) -> None:
    data, errors = await answer_with(service, ANYWHERE[fault])

    assert data == WITHOUT[service]
    assert [error["extensions"]["serviceName"] for error in errors] == [service] * len(
        errors
    )
    assert errors


@pytest.mark.parametrize(("service", "shape"), WRONG_SHAPES, ids=repr)
async def test_a_reply_of_the_wrong_shape_only_costs_its_own_fields(
    service: str, shape: JSONObject
) -> None:
    data, errors = await answer_with(service, answering({"data": shape}))

    assert data == WITHOUT[service]
    assert errors


def nested(value: Any, levels: int) -> Any:
    for _ in range(levels):
        value = [value]
    return value


# JSON is read up to 1,024 levels deep, and written up to 254.
DEEP: dict[str, tuple[str, JSONObject]] = {
    "objects in lists": ("catalog", {"products": nested({"upc": "1"}, 900)}),
    "a key": ("catalog", {"products": [{"upc": nested("1", 900), "name": "A"}]}),
    "a name": ("users", {"me": {"name": nested("Ann", 900)}}),
    "an entity": ("reviews", {"_entities": [nested({}, 900), None]}),
    "below an entity": (
        "reviews",
        {"_entities": [{"reviews": nested({"id": "r"}, 900)}, {"reviews": None}]},
    ),
}


@pytest.mark.parametrize("place", DEEP)
async def test_a_value_that_is_nested_deeply_costs_its_own_fields(place: str) -> None:
    service, shape = DEEP[place]

    data, errors = await answer_with(service, answering(_json(shape)))

    assert data == WITHOUT[service]
    assert errors


def _json(data: JSONObject) -> bytes:
    """Write JSON that is deeper than orjson writes."""
    return b'{"data":' + json.dumps(data).encode() + b"}"


async def test_valid_parts_of_a_reply_are_used() -> None:
    fault = answering(
        {
            "data": {"_entities": [{"reviews": [{"id": "r", "body": "Good"}]}, None]},
            "errors": [{"message": "x", "path": ["_entities", 1, "reviews"]}],
        }
    )

    data, errors = await answer_with("reviews", fault)

    assert [product["reviews"] for product in data["products"]] == [
        [{"id": "r", "body": "Good"}],
        None,
    ]
    assert [error["path"] for error in errors] == [["products", 1, "reviews"]]


async def test_without_faults_the_response_is_complete() -> None:
    assert await answer_with("", None) == (WHOLE, [])
