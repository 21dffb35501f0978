"""A graph with access requirements of every kind, and callers with some rights."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

from msgspec import structs

from tests.support.calls import request_context
from tests.support.executed_subgraph import ExecutedSubgraph
from weir.gateway.clock import SystemClock
from weir.gateway.context import ANONYMOUS, Identity, RequestContext
from weir.gateway.json_types import JSONObject
from weir.resolvers.engine.engine import Engine
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.engine.view import EngineView
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.operation.document.limits import DEFAULT_LIMITS
from weir.resolvers.overrides import OverridePolicy, Overrides
from weir.resolvers.policies import NO_POLICIES, Policies
from weir.schema import Composed, Subgraph, compose
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

LINK = """extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@requires", "@external", "@shareable", "@authenticated", "@requiresScopes",
  "@policy"])
"""
PEOPLE = (
    LINK
    + """
type Query {
  me: Person @authenticated
  people: [Person!]!
  search: [Hit]
  nodes: [Node]
  rooms: [Room!]
  status: String! @requiresScopes(scopes: [["ops"]])
  rating: Rating
  open: String
  secretPlan: String @policy(policies: [["board", "legal"], ["owner"]])
}
type Mutation {
  note(text: String!): String
  hire(name: String!): Person @requiresScopes(scopes: [["hr", "write"], ["admin"]])
  wipe: Boolean! @requiresScopes(scopes: [["admin"]])
}
type Person @key(fields: "id") {
  id: ID! @requiresScopes(scopes: [["ids"]])
  name: String
  email: String! @authenticated
  phone: String @authenticated
  boss: Person
}
union Hit = Room | Vault
interface Node { code: ID! note: String }
type Room implements Node { code: ID! note: String size: Int }
type Vault implements Node @requiresScopes(scopes: [["vault"]]) {
  code: ID! note: String gold: Int!
}
enum Rating @authenticated { LOW HIGH }
"""
)
PAYROLL = (
    LINK
    + """
type Person @key(fields: "id") {
  id: ID! @requiresScopes(scopes: [["ids"]])
  salary: Int @requiresScopes(scopes: [["pay"]])
  grade: String
}
"""
)

ANN: JSONObject = {
    "__typename": "Person",
    "id": "p1",
    "name": "Ann",
    "email": "ann@example.com",
    "phone": "1",
}
BOB: JSONObject = {**ANN, "id": "p2", "name": "Bob", "boss": ANN}
ROOM: JSONObject = {"__typename": "Room", "code": "r1", "note": "n", "size": 3}
VAULT: JSONObject = {"__typename": "Vault", "code": "v1", "note": "m", "gold": 9}


Parts: TypeAlias = Mapping[str, tuple[str, ExecutedSubgraph]]
Ask: TypeAlias = Callable[[str, Identity], Awaitable[ExecutionResult]]


def caller(*scopes: str, method: str = "jwt") -> Identity:
    return Identity(method=method, subject="u1", scopes=frozenset(scopes))


@dataclass(frozen=True)
class Satisfied:
    """Satisfies some policies, and remembers what was to be decided."""

    names: frozenset[str]
    asked: list[frozenset[str]] = field(default_factory=list[frozenset[str]])

    async def satisfied(
        self,
        names: frozenset[str],
        request: RequestContext,
        operation: str,
        variables: JSONObject,
    ) -> frozenset[str]:
        del request, operation, variables
        self.asked.append(names)
        return names & self.names


class Staff:
    """The graph, served by one engine; `close` it in the end."""

    def __init__(
        self, policies: Policies = NO_POLICIES, *, rejects: bool = False
    ) -> None:
        self.notes: list[str] = []
        self.people = ExecutedSubgraph(PEOPLE, self._people(), "Person")
        self.payroll = ExecutedSubgraph(
            PAYROLL + "\ntype Query { _unused: Int }", _payroll(), "Person"
        )
        self._queue = PreparationQueue(99, SystemClock())
        parts = {"people": (PEOPLE, self.people), "payroll": (PAYROLL, self.payroll)}
        view = replace(_view(parts), policies=policies, rejects_refused=rejects)
        self.engine = Engine(view, self._queue, SystemClock())

    def _people(self) -> JSONObject:
        def note(_: Any, text: str) -> str:
            self.notes.append(text)
            return text

        def change(_: Any, **arguments: Any) -> JSONObject:
            self.notes.append(str(arguments))
            return ANN

        return {
            "me": ANN,
            "people": [ANN, BOB],
            "search": [ROOM, VAULT],
            "nodes": [ROOM, VAULT],
            "rooms": [ROOM],
            "status": "up",
            "rating": "LOW",
            "open": "yes",
            "secretPlan": "x",
            "note": note,
            "hire": change,
            "wipe": change,
            "entities": {"p1": ANN, "p2": BOB},
        }

    async def ask(
        self,
        text: str,
        identity: Identity = ANONYMOUS,
        variables: JSONObject | None = None,
    ) -> ExecutionResult:
        return await _ask(self.engine, text, identity, variables)

    @property
    def documents(self) -> str:
        return "\n".join(self.people.documents + self.payroll.documents)

    def close(self) -> None:
        self._queue.close()


def _view(parts: Parts) -> EngineView:
    composed = compose([Subgraph(name=each, sdl=parts[each][0]) for each in parts])
    assert isinstance(composed, Composed), composed
    graph = Graph.of(read_supergraph(composed.supergraph_sdl))
    return EngineView(
        graph=graph,
        schema=graph.supergraph.api_schema,
        sources={each: source for each, (_, source) in parts.items()},
        upstreams={},
        coordinates=frozenset(),
        limits=DEFAULT_LIMITS,
        introspection=True,
        masked=True,
        overrides=Overrides.of(graph, OverridePolicy()),
    )


async def _ask(
    engine: Engine, text: str, identity: Identity, variables: JSONObject | None = None
) -> ExecutionResult:
    context = context_of(identity)
    prepared = await engine.prepare(text, None, context)
    return await engine.execute(prepared, variables or {}, {}, context)


@contextmanager
def engine_over(parts: Parts) -> Iterator[Ask]:
    """Serve subgraphs by one engine; each is its SDL, and what executes it."""
    queue = PreparationQueue(99, SystemClock())
    try:
        yield partial(_ask, Engine(_view(parts), queue, SystemClock()))
    finally:
        queue.close()


def context_of(identity: Identity) -> RequestContext:
    return structs.replace(request_context(), identity=identity)


def _payroll() -> JSONObject:
    entities = {
        id_: {"__typename": "Person", "id": id_, "salary": 100, "grade": "A"}
        for id_ in ("p1", "p2")
    }
    return {"entities": entities}
