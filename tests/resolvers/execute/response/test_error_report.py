"""The errors of services, with the paths of the client."""

from typing import Any

import pytest

from tests.support.executing import (
    entities,
    executable,
    fetch,
    path,
    represent,
    run,
)
from tests.support.reported_errors import (
    ANYWHERE,
    CATALOG,
    JOINED,
    KEY,
    SDL,
    A,
    B,
    dotted,
    failing,
    product,
    reported,
)
from weir.gateway.json_types import JSONObject
from weir.resolvers.errors import HttpError
from weir.resolvers.execute.response.paths import common_prefix
from weir.resolvers.plan.model.nodes import Rename
from weir.resolvers.sources.source import Reply


async def test_an_entitys_error_is_reported_at_every_position_and_alias() -> None:
    reply = failing(["_entities", 0, "name"], {"name": None, "maker": None}, B)

    errors, data = await reported(reply)

    places = [
        ["items", 0, "title"],
        ["items", 0, "again"],
        ["items", 2, "title"],
        ["items", 2, "again"],
    ]
    assert [error["path"] for error in errors] == places
    assert errors[0] == {
        "message": "Bad",
        "path": places[0],
        "extensions": {"code": "DOWNSTREAM_SERVICE_ERROR", "serviceName": "names"},
    }
    assert data is not None
    assert data["items"][1] == {"title": "B", "again": "B", "maker": None}


PATHS: list[tuple[Any, list[Any]]] = [
    (["_entities", 1], [["items", 1, "maker"]]),
    (["_entities", 1, "maker", "name"], [["items", 1, "maker", "name"]]),
    (["_entities", 1, "weight"], [["items", 1]]),
    (["_entities", 1, "maker", "secret", "x"], [["items", 1, "maker"]]),
    (["_entities"], ANYWHERE),
    (["_entities", 7, "name"], ANYWHERE),
    (["_entities", "x"], ANYWHERE),
    (["elsewhere", 1], ANYWHERE),
    ([], ANYWHERE),
    ("path", ANYWHERE),
    ([None], ANYWHERE),
    ({"a": 1}, ANYWHERE),
    (None, ANYWHERE),
]


@pytest.mark.parametrize(("at", "expected"), PATHS)
async def test_paths_become_the_clients(at: Any, expected: list[Any]) -> None:
    errors, _ = await reported(failing(at, A, B))

    assert [error["path"] for error in errors] == expected


# Each error ends above the null that it has caused, or has no path.
SHORT_PATHS: list[tuple[Any, Any, list[str]]] = [
    (None, {"products": [{"name": "A"}, {"name": None}]}, ["a.1.b"]),
    (["products"], {"products": [{"name": "A"}, {"name": None}]}, ["a.1.b"]),
    (["products", 1], {"products": [{"name": "A"}, {"name": None}]}, ["a.1.b"]),
    (["products"], {"products": [None, {"name": None}]}, ["a.0", "a.1.b"]),
    (None, {"products": [None, {"name": "A"}]}, ["a.0"]),
    (["products", 0], {"products": [None, {"name": None}]}, ["a.0"]),
    (None, {"products": None}, ["a"]),
    (["products"], {"products": None}, ["a"]),
    (["products"], {"products": [{"name": "A"}]}, ["a"]),
    (None, {"products": [{"name": "A"}]}, [""]),
]


@pytest.mark.parametrize(("at", "data", "expected"), SHORT_PATHS)
async def test_an_error_is_repeated_at_each_null_below_its_path(
    at: Any, data: JSONObject, expected: list[str]
) -> None:
    plan = executable(
        SDL,
        "{ a: products { b: name } }",
        fetch(1, "catalog", "{ products { name } }"),
    )
    error = {"message": "Bad"} if at is None else {"message": "Bad", "path": at}

    result = await run(plan, {"catalog": Reply(data=data, errors=(error,))})

    assert dotted(result.errors) == expected


async def test_errors_of_a_root_fetch_are_mapped_through_arguments_and_aliases() -> (
    None
):
    plan = executable(
        SDL,
        "query ($n: Int) { a: products(first: $n) { b: name } c: product { name } }",
        fetch(1, "catalog", f"{{ {KEY}: products {{ name }} product {{ name }} }}"),
    )
    reply = Reply(
        data={KEY: [{"name": "A"}, {"name": None}], "product": None},
        errors=(
            {"message": "One", "path": [KEY, 1, "name"]},
            {"message": "Two", "path": ["product", "name"]},
            {"message": "Three"},
        ),
    )

    result = await run(plan, {"catalog": reply})

    assert [error.get("path") for error in result.errors] == [
        ["a", 1, "b"],
        ["c", "name"],
        None,
    ]


async def test_renamed_keys_are_mapped_back() -> None:
    plan = executable(
        SDL,
        "{ product { title: name } }",
        fetch(
            1,
            "catalog",
            "{ product { name__on_X: name } }",
            renames=(
                Rename(path=path("product"), types=(), sent="name__on_X", key="name"),
            ),
        ),
    )
    reply = Reply(
        data={"product": {"name__on_X": None}},
        errors=({"message": "Bad", "path": ["product", "name__on_X"]},),
    )

    result = await run(plan, {"catalog": reply})

    assert [error["path"] for error in result.errors] == [["product", "title"]]


async def test_a_failed_fetch_is_an_error_at_each_of_its_fields() -> None:
    result = await run(JOINED, {"catalog": CATALOG, "names": HttpError(503)})

    assert result.data == {
        "items": [{"title": None, "again": None, "maker": None}] * 3 + [None]
    }
    assert dotted(result.errors) == [
        f"items.{n}.{at}" for n in range(3) for at in ("title", "again", "maker")
    ]
    assert result.errors[0] == {
        "message": "The service responded with status 503.",
        "path": ["items", 0, "title"],
        "extensions": {"code": "SUBREQUEST_HTTP_ERROR", "serviceName": "names"},
    }


async def test_a_failure_that_a_client_does_not_see_is_reported_above_it() -> None:
    plan = executable(
        SDL,
        "{ product { upc } }",
        fetch(1, "catalog", "{ product { __typename upc } }"),
        fetch(
            2,
            "weights",
            "{ _entities { ... on Product { weight } } }",
            entities("product", represent("Product", "{ upc }")),
            after=(1,),
        ),
    )

    result = await run(
        plan, {"catalog": {"product": product("1")}, "weights": HttpError(500)}
    )

    assert result.data == {"product": {"upc": "1"}}
    assert dotted(result.errors) == ["product"]


async def test_null_that_an_error_explains_is_not_reported_again() -> None:
    plan = executable(
        SDL,
        "{ product { upc maker { name } } }",
        fetch(1, "catalog", "{ product { __typename upc maker { __typename id } } }"),
        fetch(
            2,
            "makers",
            "{ _entities { ... on Maker { name } } }",
            entities("product.maker", represent("Maker", "{ id }")),
            after=(1,),
        ),
    )
    catalog = {"product": product("1", maker={"__typename": "Maker", "id": "m"})}

    result = await run(plan, {"catalog": catalog, "makers": HttpError(500)})

    assert result.data == {"product": {"upc": "1", "maker": None}}
    assert dotted(result.errors) == ["product.maker.name"]


async def test_null_from_another_subgraph_is_data_where_a_fetch_failed() -> None:
    plan = executable(
        SDL,
        "{ product { name weight } }",
        fetch(1, "catalog", "{ product { __typename upc name } }"),
        fetch(
            2,
            "weights",
            "{ _entities { ... on Product { weight } } }",
            entities("product", represent("Product", "{ upc }")),
            after=(1,),
        ),
    )

    result = await run(
        plan,
        {"catalog": {"product": product("1", name=None)}, "weights": HttpError(500)},
    )

    assert dotted(result.errors) == ["product.weight"]


async def test_an_entitys_failure_does_not_explain_fields_of_other_fetches() -> None:
    plan = executable(
        SDL,
        "{ product { name weight } }",
        fetch(1, "catalog", "{ product { __typename upc name } }"),
        fetch(
            2,
            "weights",
            "{ _entities { ... on Product { weight } } }",
            entities("product", represent("Product", "{ upc }")),
            after=(1,),
        ),
    )
    catalog = {"product": product("1", name=None)}

    for at in (["_entities", 0], ["_entities", 0, "hidden"]):
        result = await run(plan, {"catalog": catalog, "weights": failing(at, None)})

        assert dotted(result.errors) == ["product.weight"]


async def test_all_fields_of_a_reply_without_data_are_missing() -> None:
    reply = Reply(
        data=None, errors=({"message": "Bad", "path": ["_entities", 0, "name"]},)
    )

    errors, _ = await reported(reply)

    fields = ("title", "again", "maker")
    assert set(dotted(errors)) == {f"items.{n}.{at}" for n in range(3) for at in fields}


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([], ()),
        ([()], ()),
        ([("a", 1, "b")], ("a", 1, "b")),
        ([("a", 1, "b"), ("a", 2, "b")], ("a",)),
        ([("a", 1), ("a", 10), ("a", 2)], ("a",)),
        ([("a", 1), ("a",)], ("a",)),
        ([("a",), ("b",)], ()),
        ([("a", 1), ("a", "x")], ("a",)),
    ],
)
def test_common_prefix(paths: list[Any], expected: Any) -> None:
    assert common_prefix(paths) == expected
