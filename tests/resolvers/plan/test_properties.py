"""A split graph answers as the unsplit one does, whatever is asked.

200 operations on 50 graphs, the same each time; tests/verify asks 10,000.
"""

from typing import Any

from graphql import GraphQLSchema, OperationType, get_named_type, parse, validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.resolvers.adapter import answered
from tests.support.random_operations import operations
from tests.support.split_graphs import SplitGraph, split_graphs
from tests.support.split_world import ask, subgraph_schema, unsplit
from weir.resolvers.operation import prepare
from weir.resolvers.plan import plan
from weir.resolvers.plan.model.nodes import Fetch
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

OPERATIONS_PER_GRAPH = 4


def check_types(schema: GraphQLSchema, fetch: Fetch) -> None:
    """Check that each expected field has its type in the subgraph's own schema."""
    root = schema.get_root_type(OperationType(fetch.kind.value))
    assert root is not None
    pending = [(root.name, fetch.expected)]
    while pending:
        type_name, selection = pending.pop()
        pending += [(each.type_name, each.selection) for each in selection.fragments]
        for field in selection.fields:
            if field.name == "__typename":
                continue
            type_: Any = schema.type_map[type_name]
            declared = type_.fields[field.name].type
            assert field.type == str(declared), (type_name, field)
            if field.selection is not None:
                pending.append((get_named_type(declared).name, field.selection))


def check(split: SplitGraph, data: st.DataObject) -> None:
    """Ask one split graph several operations, and the unsplit one the same."""
    graph = Graph.of(read_supergraph(split.supergraph))
    whole = unsplit(split, graph.supergraph.api_schema)
    parts = {name: subgraph_schema(split, name) for name in split.subgraphs}

    def request(name: str, document: str, variables: Any, *_: Any) -> Any:
        errors = validate(parts[name], parse(document))
        assert not errors, (name, document, errors)
        return ask(parts[name], document, variables)

    for _ in range(OPERATIONS_PER_GRAPH):
        asked = data.draw(operations(whole))
        if validate(whole, parse(asked.document)):
            continue
        expected = ask(whole, asked.document, asked.variables)
        operation = prepare(asked.document, None, whole)
        planned = (graph, operation, plan(operation, graph))

        for fetch in planned[2].fetches:
            check_types(parts[fetch.subgraph], fetch)
        assert answered(planned, asked.variables, request) == expected


@settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(split=split_graphs(), data=st.data())
def test_a_split_graph_responds_as_the_unsplit_one(
    split: SplitGraph, data: st.DataObject
) -> None:
    check(split, data)
