"""A façade over a graph in memory, and its requests."""

from dataclasses import replace
from typing import Any

import orjson
from graphql import FieldNode, OperationDefinitionNode, parse

from tests.support.executing import SourceRequest
from tests.support.facade_client import binding, routes_of, send, stored_operation
from weir.bffs.facades.facade import Facade
from weir.bffs.facades.stored.rest_directive import RestBinding
from weir.gateway.clock import SystemClock
from weir.gateway.edge.response import Response
from weir.gateway.json_types import JSONObject
from weir.gateway.transport.errors import UpstreamOverloaded
from weir.resolvers.context import ExecutionContext
from weir.resolvers.engine.engine import Engine
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.engine.view import EngineView
from weir.resolvers.operation.document.limits import DEFAULT_LIMITS
from weir.resolvers.overrides import OverridePolicy, Overrides
from weir.resolvers.plan.model.nodes import Fetch
from weir.resolvers.sources.source import BoundFetch, Reply, Source
from weir.schema import Composed, Subgraph, compose
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query {
  title(id: ID!): Title
  titles: [Title!]!
  search(kind: Kind, filter: Filter): [Title!]
}
enum Kind { MOVIE SERIES }
input Filter { kind: Kind }
type Mutation { rename(id: ID!, name: String!): Title }
type Title @key(fields: "id") { id: ID! name: String }
"""
TITLE = {"id": "t1", "name": "Up"}


class Titles:
    """A source that returns the root field of a request, and records the requests."""

    def __init__(self) -> None:
        self.requests: list[SourceRequest] = []

    def prepare(self, fetch: Fetch) -> BoundFetch:
        async def call(
            variables: JSONObject, context: ExecutionContext, span_id: str
        ) -> Reply:
            del context, span_id
            return self.reply(SourceRequest(fetch.document, variables, fetch.is_safe))

        return call

    def reply(self, request: SourceRequest) -> Reply:
        self.requests.append(request)
        (field,) = root_fields(request.document)
        titles: Any = [TITLE] if field.startswith("titles") else TITLE
        return Reply(data={field: titles})


class Overloaded(Titles):
    """A source without free capacity."""

    def reply(self, request: SourceRequest) -> Reply:
        del request
        raise UpstreamOverloaded(retry_after_s=1.5)


class Broken(Titles):
    """A source with a bug."""

    def reply(self, request: SourceRequest) -> Reply:
        if "titles" in request.document:
            return super().reply(request)
        message = "secret"
        raise RuntimeError(message)


class Picky(Titles):
    """A source that rejects requests, by a code for mistakes of clients."""

    def reply(self, request: SourceRequest) -> Reply:
        del request
        refusal: Any = {"code": "BAD_USER_INPUT", "secret": 1}
        return Reply(data=None, errors=({"message": "secret", "extensions": refusal},))


def root_fields(document: str) -> list[str]:
    operation = parse(document).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    found: list[str] = []
    for selection in operation.selection_set.selections:
        assert isinstance(selection, FieldNode)
        named = selection.alias or selection.name
        assert named is not None
        found.append(named.value)
    return found


def facade(
    *, introspection: bool = True, source: Source | None = None, sdl: str = SDL
) -> Facade:
    composed = compose([Subgraph(name="titles", sdl=sdl)])
    assert isinstance(composed, Composed)
    graph = Graph.of(read_supergraph(composed.supergraph_sdl))
    served = EngineView(
        graph=graph,
        schema=graph.supergraph.api_schema,
        sources={"titles": source or Titles()},
        upstreams={},
        coordinates=frozenset(),
        limits=DEFAULT_LIMITS,
        introspection=introspection,
        masked=True,
        overrides=Overrides.of(graph, OverridePolicy()),
    )
    engine = Engine(served, PreparationQueue(99, SystemClock()), SystemClock())
    path = "/v1/titles/{id}"
    read = "query T($id: ID!) { title(id: $id) { name } }"
    write = "mutation R($id: ID!, $name: String!) { rename(id: $id, name: $name) {id} }"
    bound = {
        binding("GET", path): read,
        binding("POST", path): write,
        binding("DELETE", path): write.replace(" R(", " D("),
    }
    return Facade(
        name="web",
        path="/web",
        engine=engine,
        device={},
        stored=tuple(
            (
                operation,
                engine.operations.prepare_stored(operation.text, operation.name),
            )
            for operation in (
                stored_operation(text, endpoint) for endpoint, text in bound.items()
            )
        ),
        development=False,
        fingerprint="",
    )


def with_operation(served: Facade, text: str, endpoint: RestBinding) -> Facade:
    """The façade with one more stored operation."""
    stored = stored_operation(text, endpoint)
    prepared = served.engine.operations.prepare_stored(stored.text, stored.name)
    return replace(served, stored=(*served.stored, (stored, prepared)))


async def ask(served: Facade, method: str, target: str, **sent: Any) -> Response:
    return await send(
        routes_of(served),
        method,
        target,
        headers={b"content-type": b"application/json", **sent.get("headers", {})},
        body=orjson.dumps(sent["json"]) if "json" in sent else b"",
    )


async def graphql(query: str, served: Facade | None = None, **sent: Any) -> Any:
    body = {"query": query, **sent.pop("body", {})}
    return await ask(served or facade(), "POST", "/web/graphql", json=body, **sent)
