"""The parsers of the bodies, query strings and variables of clients."""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

import orjson
from graphql import build_schema, parse

from tests.support.facade_client import binding, stored_operation
from tests.support.growth import IN_CACHE, Growing
from tests.support.memory_exchange import buffered_request, request_head
from tests.support.parsers.refusable import refusable
from weir.bffs.facades.graphql.protocol import decode
from weir.bffs.facades.rest.parameters import Parameters
from weir.resolvers.operation.operation import normalise
from weir.resolvers.operation.variables.coercion import variable_coercion

SCHEMA: Final = build_schema(
    """
    scalar Any
    enum Colour { RED }
    input In { i: Int l: [In] c: Colour }
    type Query { a: Int b: Float c: Boolean }
    """
)
JSON_TYPE: Final = ((b"content-type", b"application/json"),)


def graphql(method: str, **members: Any) -> Any:
    if method == "GET":
        pairs = "&".join(f"{name}={text}" for name, text in members.items())
        return buffered_request(request_head(method="GET", query=pairs))
    head = request_head(method="POST", headers=JSON_TYPE)
    return buffered_request(head, orjson.dumps(members))


def json_body(text: bytes) -> Any:
    return buffered_request(request_head(method="POST", headers=JSON_TYPE), text)


@cache
def parameters(type_: str) -> Parameters:
    stored = stored_operation(f"query Q($v: {type_}) {{ a }}", binding("GET", "/q"))
    return Parameters.of(stored, SCHEMA)


def rest(type_: str, query_of: Callable[[int], str]) -> Growing:
    def make(size: int) -> Any:
        return buffered_request(request_head(query=query_of(size)))

    return Growing(refusable(parameters(type_).read), make)


def variables(type_: str, item: Any) -> Growing:
    operation = normalise(parse(f"query ($x: {type_}) {{ a }}"), None, SCHEMA)
    coerce = variable_coercion(operation, SCHEMA).coerce
    return Growing(refusable(coerce), lambda n: {"x": [item] * n}, IN_CACHE)


def nested(item: str) -> Callable[[int], bytes]:
    opening, closing = item.split(" ")
    return lambda n: opening.encode() * n + closing.encode() * n


CLIENT_DATA: Final[dict[str, Growing]] = {
    "GraphQL over POST": Growing(
        refusable(decode), lambda n: graphql("POST", query="{ a }" * n)
    ),
    "GraphQL over POST: other members": Growing(
        refusable(decode),
        lambda n: graphql("POST", **{f"a{each}": each for each in range(n)}),
    ),
    "GraphQL over GET": Growing(
        refusable(decode), lambda n: graphql("GET", query="%7B" * n, variables="+" * n)
    ),
    "GraphQL over GET: parameters": Growing(
        refusable(decode),
        lambda n: graphql("GET", **{f"a{each}": "b" for each in range(n)}),
    ),
    "JSON: nested": Growing(refusable(decode), lambda n: json_body(nested("[ ]")(n))),
    "JSON: not closed": Growing(
        refusable(decode), lambda n: json_body(b'{"query": [' + b'{"a":' * n)
    ),
    "JSON: digits": Growing(
        refusable(decode), lambda n: json_body(b'{"query": ' + b"9" * n + b"}")
    ),
    "JSON: escapes": Growing(
        refusable(decode), lambda n: json_body(b'{"query": "' + rb"\u0041" * n + b'"}')
    ),
    "REST: Int": rest("Int", lambda n: "v=" + "9" * n),
    "REST: Float": rest("Float", lambda n: "v=1" + "0" * n + "e" + "9" * n + "x"),
    "REST: String": rest("String", lambda n: "v=" + "%41+" * n),
    "REST: list": rest("[Int]", lambda n: "v=1&" * n),
    "REST: input object": rest("In", lambda n: "v=" + "%7B%22l%22:" * n),
    "REST: unknown parameters": rest("Int", lambda n: "a=1&" * n),
    "REST: percent signs": rest("String", lambda n: "v=" + "%" * n),
    "variables: [Int]": variables("[Int]", 1),
    "variables: [Int] of texts": variables("[Int]", "x" * 100),
    "variables: [Colour]": variables("[Colour]", "BLUE"),
    "variables: [In]": variables("[In]", {"i": 1, "l": [{"c": "RED"}]}),
    "variables: [In] with unknown fields": variables("[In]", {"x": 1}),
    "variables: [Any]": variables("[Any]", {"a": [1]}),
}
