"""Errors of a graph of products, as a client gets them."""

from collections.abc import Iterable
from typing import Any

from graphql import parse

from tests.support.executing import (
    entities,
    executable,
    fetch,
    represent,
    run,
)
from weir.gateway.json_types import JSONObject
from weir.resolvers.operation.response_key import response_key
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


async def reported(
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
# Without a path that its document has, an error may be the cause of each null.
ANYWHERE = [["items", index, "maker"] for index in range(3)]
