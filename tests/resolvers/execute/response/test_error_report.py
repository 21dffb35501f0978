"""What subgraphs report, in the client's terms."""

from collections.abc import Iterable
from typing import Any

import pytest
from graphql import parse

from tests.support.executing import (
    entities,
    executable,
    fetch,
    path,
    represent,
    run,
)
from weir.gateway.json_types import JSONObject
from weir.resolvers.errors import HttpError
from weir.resolvers.execute.response.error_report import MAX_ERRORS_PER_CALL
from weir.resolvers.execute.response.paths import common_prefix
from weir.resolvers.operation.response_key import response_key
from weir.resolvers.plan.model.nodes import Rename
from weir.resolvers.sources.exposure import ErrorExposure
from weir.resolvers.sources.source import Reply

SDL = """
  type Query { products(first: Int): [Product] product: Product sure: Product! }
  type Product {
    upc: ID! name: String maker: Maker reviews: [Review!] weight: Int shipping: Int
  }
  type Maker { id: ID! name: String! country: String }
  type Review { id: ID! body: String author: Author! }
  type Author { id: ID! name: String! }
"""
QUERY = "{ items: products { title: name again: name maker { name } } }"
JOINED = executable(
    SDL,
    QUERY,
    fetch(1, "catalog", "{ products { __typename upc } }"),
    fetch(
        2,
        "names",
        "{ _entities { ... on Product { name maker { name } } } }",
        entities("products.@", represent("Product", "{ upc }")),
        after=(1,),
    ),
)


def key_of(field: str) -> str:
    document: Any = parse(f"{{ {field} }}")
    return response_key(document.definitions[0].selection_set.selections[0])


KEY = key_of("products(first: $n)")


def product(upc: str, **fields: Any) -> JSONObject:
    return {"__typename": "Product", "upc": upc, **fields}


CATALOG = {"products": [product("1"), product("2"), product("1"), None]}


async def told(
    reply: Reply, *, masked: bool = False
) -> tuple[list[JSONObject], JSONObject | None]:
    result = await run(JOINED, {"catalog": CATALOG, "names": reply}, masked=masked)
    return list(result.errors), result.data


def dotted(errors: Iterable[JSONObject]) -> list[str]:
    return [".".join(map(str, error.get("path", ()))) for error in errors]


def failing(at: Any, *entities_: Any, **extra: Any) -> Reply:
    error = {"message": "Bad", **extra}
    return Reply(
        data={"_entities": list(entities_)},
        errors=(error if at is None else {**error, "path": at},),
    )


A, B = {"name": "A", "maker": None}, {"name": "B", "maker": None}


async def test_an_entitys_error_is_reported_at_every_position_and_alias() -> None:
    reply = failing(["_entities", 0, "name"], {"name": None, "maker": None}, B)

    errors, data = await told(reply)

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


# Without a path that its document has, an error may be the cause of each null.
ANYWHERE = [["items", index, "maker"] for index in range(3)]
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
    errors, _ = await told(failing(at, A, B))

    assert [error["path"] for error in errors] == expected


# Each error ends above the null that it has caused, or has no path.
SHORT_PATHS: list[tuple[Any, Any, list[str]]] = [
    (None, {"products": [{"name": "A"}, {"name": None}]}, ["a.1.b"]),
    (["products"], {"products": [{"name": "A"}, {"name": None}]}, ["a.1.b"]),
    (["products", 1], {"products": [{"name": "A"}, {"name": None}]}, ["a.1.b"]),
    (["products"], {"products": [None, {"name": None}]}, ["a.1.b"]),
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


async def test_of_very_many_fields_the_rest_is_one_error_that_counts_them() -> None:
    products = [product(str(n)) for n in range(50)]

    result = await run(
        JOINED, {"catalog": {"products": products}, "names": HttpError(503)}
    )

    assert len(result.errors) == MAX_ERRORS_PER_CALL + 1
    last = result.errors[-1]
    assert last["path"] == ["items"]
    assert last["extensions"]["count"] == 150 - MAX_ERRORS_PER_CALL


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

    errors, _ = await told(reply)

    fields = ("title", "again", "maker")
    assert set(dotted(errors)) == {f"items.{n}.{at}" for n in range(3) for at in fields}


MASKED: list[tuple[JSONObject, JSONObject]] = [
    ({}, {"code": "DOWNSTREAM_SERVICE_ERROR"}),
    ({"extensions": {"code": "NOT_FOUND", "sql": "x"}}, {"code": "NOT_FOUND"}),
    ({"extensions": {"code": "secret text!"}}, {"code": "DOWNSTREAM_SERVICE_ERROR"}),
    ({"extensions": {"code": 3}}, {"code": "DOWNSTREAM_SERVICE_ERROR"}),
    ({"extensions": "x"}, {"code": "DOWNSTREAM_SERVICE_ERROR"}),
]


@pytest.mark.parametrize(("extra", "expected"), MASKED)
async def test_masked_errors_have_only_a_code(
    extra: JSONObject, expected: JSONObject
) -> None:
    errors, _ = await told(failing(["_entities", 1], A, None, **extra), masked=True)

    extensions: JSONObject = {**expected, "serviceName": "names"}
    assert errors == [
        {
            "message": "A service failed to return its part of the data.",
            "path": ["items", 1, field],
            "extensions": extensions,
        }
        for field in ("title", "again", "maker")
    ]


async def test_unmasked_errors_keep_their_extensions() -> None:
    given = {"code": "NOT_FOUND", "sql": "x"}

    errors, _ = await told(failing(["_entities", 1], A, None, extensions=given))

    assert errors[0]["extensions"] == {**given, "serviceName": "names"}


async def test_texts_written_for_clients_are_not_masked() -> None:
    reply = Reply(
        data={"_entities": [A, None]},
        errors=({"message": "No such product."},),
        safe_errors=True,
    )

    errors, _ = await told(reply, masked=True)

    assert errors[0]["message"] == "No such product."


EXPOSURE = ErrorExposure(frozenset({"NOT_FOUND"}), frozenset({"field"}))


@pytest.mark.parametrize(
    ("given", "message", "shown"),
    [
        (
            {"code": "NOT_FOUND", "field": "upc", "stacktrace": ["x"]},
            "Bad",
            {"code": "NOT_FOUND", "field": "upc"},
        ),
        ({"code": "NOT_FOUND"}, "Bad", {"code": "NOT_FOUND"}),
        (
            {"code": "INTERNAL_SERVER_ERROR", "field": "upc"},
            "A service failed to return its part of the data.",
            {"code": "INTERNAL_SERVER_ERROR"},
        ),
        (
            {"field": "upc"},
            "A service failed to return its part of the data.",
            {"code": "DOWNSTREAM_SERVICE_ERROR"},
        ),
    ],
)
async def test_clients_get_the_texts_of_exposed_codes_and_chosen_extensions(
    given: JSONObject, message: str, shown: JSONObject
) -> None:
    error: JSONObject = {"message": "Bad", "extensions": given}
    reply = Reply(data={"_entities": [A, None]}, errors=(error,), exposure=EXPOSURE)

    errors, _ = await told(reply, masked=True)

    assert errors[0]["message"] == message
    assert errors[0]["extensions"] == {**shown, "serviceName": "names"}


async def test_errors_that_were_not_read_explain_the_nulls_of_their_call() -> None:
    many = [product(str(n)) for n in range(500)]
    reply = Reply(
        data={"_entities": [{"name": None, "maker": None}] * 500},
        errors=tuple(
            {"message": "Bad", "path": ["_entities", n, "name"]} for n in range(20)
        ),
        omitted_errors=480,
    )

    result = await run(JOINED, {"catalog": {"products": many}, "names": reply})

    assert len(result.errors) == MAX_ERRORS_PER_CALL + 1
    assert [error["message"] for error in result.errors[38:42]] == [
        "Bad",
        "Bad",
        "A service failed to return its part of the data.",
        "A service failed to return its part of the data.",
    ]
    # All three fields of every other product are null, and perhaps for that reason.
    rest = 40 + 20 + 480 * 3 - MAX_ERRORS_PER_CALL
    assert result.errors[-1]["extensions"]["count"] == rest
    assert dotted(result.errors[-1:]) == ["items"]


async def test_errors_that_were_not_read_are_counted_where_nothing_is_null() -> None:
    reply = Reply(
        data={"_entities": [{"name": "A", "maker": {"name": "M"}}] * 2},
        errors=({"message": "Bad", "path": ["_entities", 0, "name"]},),
        omitted_errors=59_999,
    )

    errors, _ = await told(reply)

    assert dotted(errors)[-1] == "items"
    assert errors[-1]["extensions"]["count"] == 59_999


async def test_an_error_in_thousands_of_places_is_looked_for_in_some() -> None:
    alike = [product("1") for _ in range(5_000)]
    error = {"message": "Bad", "path": ["_entities", 0, "name"]}
    reply = Reply(
        data={"_entities": [{"name": None, "maker": None}]}, errors=(error,) * 100
    )

    result = await run(JOINED, {"catalog": {"products": alike}, "names": reply})

    assert len(result.errors) == MAX_ERRORS_PER_CALL + 1


async def test_errors_without_a_path_are_bounded_as_well() -> None:
    reply = Reply(data={"_entities": [A, B]}, errors=({"message": "Bad"},) * 500)

    errors, _ = await told(reply)

    assert len(errors) == MAX_ERRORS_PER_CALL + 1
    # The first one explains three nulls, and is repeated at each.
    assert errors[-1]["extensions"]["count"] == 502 - MAX_ERRORS_PER_CALL


async def test_paths_of_any_length_and_texts_of_any_size_are_bounded() -> None:
    reply = failing(
        ["_entities", 0, *["name"] * 60_000],
        A,
        B,
        message="x" * 100_000,
        extensions={"code": "BIG", "text": "x" * 100_000},
    )

    errors, _ = await told(reply)

    assert [error["path"] for error in errors] == ANYWHERE
    assert len(errors[0]["message"]) < 5_000
    assert errors[0]["extensions"] == {"code": "BIG", "serviceName": "names"}


async def test_extensions_deeper_than_our_encoder_writes_are_left_out() -> None:
    deep: Any = 1
    for _ in range(300):
        deep = [deep]

    errors, _ = await told(
        failing(["_entities", 1], A, None, extensions={"code": "X", "deep": deep})
    )

    assert errors[0]["extensions"] == {"code": "X", "serviceName": "names"}


SHIPPING = executable(
    SDL,
    "{ product { shipping } }",
    fetch(1, "catalog", "{ product { __typename upc maker { __typename id } } }"),
    fetch(
        2,
        "weights",
        "{ _entities { ... on Product { weight } } }",
        entities("product", represent("Product", "{ upc }")),
        after=(1,),
    ),
    fetch(
        3,
        "makers",
        "{ _entities { ... on Maker { country } } }",
        entities("product.maker", represent("Maker", "{ id }")),
        after=(1,),
    ),
    fetch(
        4,
        "shipping",
        "{ _entities { ... on Product { shipping } } }",
        entities(
            "product",
            represent("Product", "{ upc }", "{ weight maker { country } }"),
        ),
        after=(2, 3),
    ),
)
RIGHT: dict[str, Any] = {
    "catalog": {"product": product("1", maker={"__typename": "Maker", "id": "m"})},
    "weights": {"_entities": [{"weight": 3}]},
    "makers": {"_entities": [{"country": "AT"}]},
    "shipping": {"_entities": [{"shipping": 5}]},
}
NULL_WITH_ERROR = Reply(
    data={"_entities": [None]},
    errors=({"message": "Bad", "path": ["_entities", 0, "country"]},),
)
STARVED: list[tuple[str, Any, list[str]]] = [
    ("weights", HttpError(500), ["product.shipping"]),
    ("makers", HttpError(500), ["product.shipping"]),
    ("makers", NULL_WITH_ERROR, ["product.shipping"]),
    ("makers", {"_entities": [{"country": None}]}, []),
    ("makers", {"_entities": [None]}, []),
]


@pytest.mark.parametrize(("failing", "reply", "paths"), STARVED)
async def test_a_field_that_was_not_fetched_for_lack_of_another_has_its_error(
    failing: str, reply: Any, paths: list[str]
) -> None:
    result = await run(SHIPPING, {**RIGHT, failing: reply})

    assert result.data is not None
    assert dotted(result.errors) == paths
    assert all(e["extensions"]["serviceName"] == failing for e in result.errors)


async def test_a_field_that_was_not_fetched_for_lack_of_a_type_has_its_error() -> None:
    sdl = """
      type Query { any: [Any] }
      interface Any { id: ID! name: String }
      type One implements Any { id: ID! name: String }
    """
    plan = executable(
        sdl,
        "{ any { ... on One { name } } }",
        fetch(1, "ids", "{ any { id } }"),
        fetch(
            2,
            "types",
            "{ _entities { ... on Any { __typename } } }",
            entities("any.@", represent("", "{ id }", typename="Any")),
            after=(1,),
        ),
        fetch(
            3,
            "names",
            "{ _entities { ... on One { name } } }",
            entities("any.@.|One", represent("One", "{ id }")),
            after=(2,),
        ),
    )
    ids = {"any": [{"id": "1"}]}

    result = await run(plan, {"ids": ids, "types": HttpError(500), "names": {}})

    assert result.data == {"any": [{"name": None}]}
    assert dotted(result.errors) == ["any.0.name"]
    assert result.errors[0]["extensions"]["serviceName"] == "types"


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
