"""The errors of fields that were not fetched, for lack of others."""

from typing import Any

import pytest

from tests.support.executing import (
    entities,
    executable,
    fetch,
    represent,
    run,
)
from tests.support.reported_errors import SDL, dotted, product
from weir.resolvers.errors import HttpError
from weir.resolvers.sources.source import Reply

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
