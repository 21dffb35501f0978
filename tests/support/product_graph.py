"""A graph of products, and the selections of its fetches."""

from typing import Any

from tests.support.executing import (
    represent,
)
from weir.gateway.json_types import JSONObject

SDL = """
  type Query { products: [Product] product: Product user: User sure: Product! }
  type Mutation { add: Product remove: Product }
  type Subscription { changed: Product }
  type Product { upc: ID! name: String price: Int maker: Maker reviews: [Review] }
  type Maker { id: ID! name: String }
  type Review { id: ID! body: String product: Product }
  type User { id: ID! name: String }
"""
PRODUCT = represent("Product", "{ upc }")
CATALOG = "{ products { __typename upc } }"
NAMES = "query names { _entities { ... on Product { name } } }"
USER = "{ user { id } }"
MAKER = represent("Maker", "{ id }")


def product(upc: str, **fields: Any) -> JSONObject:
    return {"__typename": "Product", "upc": upc, **fields}
