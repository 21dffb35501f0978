"""A caller gets what an oracle leaves of the response; services are sent no more.

200 operations, the same each time; tests/verify sends 5,000.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

from graphql import (
    FieldNode,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    is_interface_type,
    parse,
    validate,
    visit,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.executing import execution_context
from tests.support.random_operations import RandomOperation, operations
from tests.support.removal import Removal, removal
from tests.support.restricted_graphs import (
    STAND_IN,
    Caller,
    RestrictedGraph,
    callers,
    restricted_graphs,
)
from tests.support.split_world import ask, subgraph_schema, unsplit
from weir.gateway.context import Identity
from weir.gateway.json_types import JSONObject
from weir.resolvers.context import ExecutionContext
from weir.resolvers.engine.known_operation import RequestTraits
from weir.resolvers.engine.preparation import analyse, make_plan
from weir.resolvers.engine.view import EngineView
from weir.resolvers.execute.execute import execute
from weir.resolvers.execute.response.projection import MAX_ERRORS
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.operation.document.limits import DEFAULT_LIMITS
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.overrides import OverridePolicy, Overrides
from weir.resolvers.plan.model.nodes import Fetch
from weir.resolvers.sources.source import BoundFetch, Reply
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

OPERATIONS_PER_GRAPH = 5
Coordinate = tuple[str, str]


class LoggedSubgraph:
    """Executes what it is sent; `log` has every document."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.log: list[str] = []

    def prepare(self, fetch: Fetch) -> BoundFetch:
        async def call(
            variables: JSONObject, context: ExecutionContext, span_id: str
        ) -> Reply:
            del context, span_id
            self.log.append(fetch.document)
            return Reply(**ask(self.schema, fetch.document, variables))

        return call

    def fields(self) -> Iterator[Coordinate]:
        """Yield the coordinates of all fields that were requested."""
        for document in self.log:
            types = TypeInfo(self.schema)
            fields = _Fields(types)
            visit(parse(document), TypeInfoVisitor(types, fields))
            yield from fields.found


class _Fields(Visitor):
    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self._types = types
        self.found: set[Coordinate] = set()

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self._types.get_parent_type()
        assert parent is not None
        self.found.add((parent.name, node.name.value))


class Gateway:
    """One restricted graph, its gateway and its subgraphs."""

    def __init__(self, restricted: RestrictedGraph) -> None:
        self.restricted = restricted
        split = restricted.split
        self.graph = Graph.of(read_supergraph(split.supergraph))
        self.whole = unsplit(split, self.graph.supergraph.api_schema)
        self.subgraphs = {
            name: LoggedSubgraph(subgraph_schema(split, name))
            for name in split.subgraphs
        }
        self._view = EngineView(
            graph=self.graph,
            schema=self.whole,
            sources=self.subgraphs,
            upstreams={},
            coordinates=frozenset(),
            limits=DEFAULT_LIMITS,
            introspection=True,
            masked=False,
            overrides=Overrides.of(self.graph, OverridePolicy()),
        )

    def respond(self, asked: RandomOperation, caller: Caller) -> ExecutionResult:
        identity = Identity(
            method="test" if caller.authenticated else "", scopes=caller.scopes
        )
        known = analyse(self._view, asked.document, None, WorkBudget(), suggests=False)
        decision = known.rights.decide(identity, caller.policies)
        traits = RequestTraits(decision=decision)
        prepared = make_plan(self._view, known, traits, WorkBudget())
        for subgraph in self.subgraphs.values():
            subgraph.log.clear()
        context = execution_context(asked.variables)
        run = execute(prepared.executable, prepared.bound.fetches, context)
        return asyncio.run(run)

    def leaked(self, expected: Removal) -> set[tuple[str, Coordinate]]:
        """The coordinates that were requested although the caller may not see them.

        Keys, and inputs of fields with @requires, are added by the gateway.
        """
        refused = self._refused(expected)
        split = self.restricted.split
        logged = {
            (name, each)
            for name, subgraph in self.subgraphs.items()
            for each in subgraph.fields()
        }
        inputs = {
            (type_name, field.requires.partition("(")[0])
            for _, (type_name, name) in logged
            if type_name in split.types
            for field in split.types[type_name].fields
            if field.name == name and field.requires
        }
        return {
            (name, each)
            for name, each in logged
            if each[1] not in {"id", "code", "__typename", "_entities"}
            and not (split.stand_in and each[1].startswith("common"))
            and each not in inputs
            and not refused.isdisjoint(self._meant(name, each))
        }

    def _meant(self, subgraph: str, coordinate: Coordinate) -> Iterator[Coordinate]:
        """Yield the fields of objects that a request for a field means."""
        yield coordinate
        type_name, field = coordinate
        if subgraph != STAND_IN and is_interface_type(self.whole.get_type(type_name)):
            for member in self.restricted.split.members[type_name]:
                yield member, field

    def _refused(self, expected: Removal) -> set[Coordinate]:
        permitted: set[Coordinate] = set()
        refused: set[Coordinate] = set()
        for node, on in expected.selections():
            name = node.name.value
            objects = self.restricted.split.members.get(on, (on,))
            found = {(each, name) for each in objects}
            (permitted if expected.may_select(on, name) else refused).update(found)
        return refused - permitted


def check(restricted: RestrictedGraph, data: st.DataObject) -> None:
    """Send several operations of several callers to one graph."""
    gateway = Gateway(restricted)
    for _ in range(OPERATIONS_PER_GRAPH):
        asked = data.draw(operations(gateway.whole))
        if validate(gateway.whole, parse(asked.document)):
            continue
        caller = data.draw(callers)
        expected = removal(
            restricted, gateway.whole, caller, asked.document, asked.variables
        )
        response = expected.response()

        result = gateway.respond(asked, caller)

        assert result.data == response
        _check_errors(result, expected, caller)
        assert gateway.leaked(expected) == set()


def _check_errors(result: ExecutionResult, expected: Removal, caller: Caller) -> None:
    if len(result.errors) > MAX_ERRORS:
        return
    paths = {tuple(each["path"]) for each in result.errors}
    assert paths <= expected.refused
    assert bool(paths) == bool(expected.refused)
    assert expected.climbs or paths == expected.refused
    code = "FORBIDDEN" if caller.authenticated else "UNAUTHENTICATED"
    assert all(each["extensions"]["code"] == code for each in result.errors)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(restricted=restricted_graphs(), data=st.data())
def test_a_caller_gets_what_removing_the_refused_fields_leaves(
    restricted: RestrictedGraph, data: st.DataObject
) -> None:
    check(restricted, data)
