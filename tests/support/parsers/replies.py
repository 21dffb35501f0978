"""The reading of subgraphs' replies, their merge, and the response made of them."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from tests.support.executing import entities, executable, fetch, represent
from tests.support.growth import IN_CACHE, SMALL, Growing, Sizes
from tests.support.parsers.client_data import nested
from tests.support.parsers.refusable import refusable
from weir.gateway.json_types import JSONObject
from weir.gateway.transport.message import UpstreamResponse
from weir.resolvers.execute.response.error_report import ErrorReport
from weir.resolvers.execute.response.projection import Projector
from weir.resolvers.execute.run.failures import Failure, Reported
from weir.resolvers.execute.run.merge import copied, merge
from weir.resolvers.execute.run.merge_reply import merge_reply
from weir.resolvers.execute.run.step import Call, Step, prepare
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.sources.graphql.reply import read_reply
from weir.resolvers.sources.source import Reply

SDL: Final = """
  type Query { products: [Product] }
  type Product { upc: ID! name: String! price: Int tags: [[Int!]!] }
"""
PLAN: Final = executable(
    SDL,
    "{ products { upc name price tags } }",
    fetch(1, "catalog", "{ products { __typename upc tags } }"),
    fetch(
        2,
        "names",
        "query names { _entities { ... on Product { name price } } }",
        entities("products.@", represent("Product", "{ upc }")),
        after=(1,),
    ),
)
PLANNED: Final = PLAN.plan.fetches
Prepared = tuple[JSONObject, Step, Call, Reply]


def reply(text_of: Callable[[int], bytes]) -> Growing:
    def make(size: int) -> UpstreamResponse:
        return UpstreamResponse(
            status=200, headers=(), body=text_of(size), instance="http://a:1"
        )

    return Growing(refusable(read_reply), make, IN_CACHE)


def products(size: int, **fields: Any) -> JSONObject:
    rows = [{"__typename": "Product", "upc": f"{n}", **fields} for n in range(size)]
    return {"products": rows}


def of_entities(data: JSONObject, reply: Reply) -> Prepared:
    """Return the merge of the second reply into the data of the first."""
    step = prepare(PLANNED)[1]
    (call,) = step.due(data, {}).calls
    return data, step, call, reply


def merging(arguments_of: Callable[[int], Prepared]) -> Growing:
    def run(arguments: Prepared) -> Failure | None:
        # Merging changes the data, and is measured several times.
        return merge_reply(*arguments, shares=True)

    return Growing(run, arguments_of, Sizes(16), SMALL)


def represented(size: int) -> tuple[Step, JSONObject]:
    return prepare(PLANNED)[1], products(size)


def projected(data: JSONObject) -> object:
    projector = Projector(None, 10**9, WorkBudget())
    shape = PLAN.shape.of({}).selection
    return projector.show(shape, data, None), projector.errors()


def reported(size: int) -> tuple[JSONObject, Sequence[Failure]]:
    """Return products without names, whose every name has an error of the service."""
    data = products(size)
    errors: list[JSONObject] = [
        {"message": "no", "path": ["_entities", n, "name"]} for n in range(size)
    ]
    names = {"_entities": [{"name": None, "price": 1} for _ in range(size)]}
    _, step, call, _ = of_entities(data, Reply(names))
    failed = Reported(
        step, call, errors[:100], max(0, size - 100), safe=False, usable=True
    )
    return data, (failed,)


def report(arguments: tuple[JSONObject, Sequence[Failure]]) -> object:
    data, failures = arguments
    shape = PLAN.shape.of({}).selection
    found = ErrorReport(failures, shape, data, masked=False)
    projector = Projector(found.coverage, 10**9, WorkBudget())
    projector.show(shape, data, None)
    return [*found.errors(projector.degraded_paths), *projector.errors()]


def names(size: int) -> Reply:
    return Reply({"_entities": [{"name": "a", "price": 1} for _ in range(size)]})


REPLIES: Final[dict[str, Growing]] = {
    "read: errors": reply(
        lambda n: b'{"data": null, "errors": [' + b'{"message": "x"},' * n + b"{}]}"
    ),
    "read: data": reply(lambda n: b'{"data": {"a": [' + b'{"b": "x"},' * n + b"{}]}}"),
    "read: nested data": reply(lambda n: b'{"data": ' + nested('{"a": }')(n) + b"}"),
    "read: one key again and again": reply(
        lambda n: b'{"data": {' + b'"a": 1,' * n + b'"b": 1}}'
    ),
    "merge: lists": Growing(
        lambda data: merge(copied(data), data), products, Sizes(16)
    ),
    "merge: nested": Growing(
        lambda data: merge({"a": {"a": 1}}, copied(data)),
        lambda n: {"a": {f"b{each}": {"c": [each]} for each in range(n)}},
        IN_CACHE,
    ),
    "merge: entities": merging(lambda n: of_entities(products(n), names(n))),
    "merge: one entity in many places": merging(
        lambda n: of_entities(
            {"products": [{"__typename": "Product", "upc": "1"} for _ in range(n)]},
            names(1),
        )
    ),
    "merge: fields that were not selected": merging(
        lambda n: of_entities(
            products(n), Reply({"_entities": [{"name": "", "price": 1, "x": 1}] * n})
        )
    ),
    "represent: objects": Growing(
        lambda each: each[0].due(each[1], {}), represented, Sizes(16), SMALL
    ),
    "project: objects": Growing(
        projected, lambda n: products(n, name="a"), Sizes(16), SMALL
    ),
    "project: values of a wrong type": Growing(
        projected, lambda n: products(n, name="a", price="x"), Sizes(16), SMALL
    ),
    "project: nulls that are not allowed": Growing(
        projected, products, Sizes(16), SMALL
    ),
    "project: lists of lists": Growing(
        projected,
        lambda n: products(1, name="a", tags=[[1]] * n),
        IN_CACHE,
    ),
    "report: errors of a service": Growing(report, reported, Sizes(16), SMALL),
}
