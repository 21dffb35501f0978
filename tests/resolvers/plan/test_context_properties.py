"""What a contextual argument is given: the nearest ancestor's value, on every path.

25 graphs, the same each time; tests/verify asks thousands.
"""

from typing import Any

from graphql import parse, validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.resolvers.adapter import answered
from tests.support.context_graphs import (
    ContextGraph,
    ask,
    attach,
    context_graphs,
    subgraph_schema,
)
from tests.support.random_operations import RandomOperation, operations
from weir.resolvers.operation import prepare
from weir.resolvers.plan import plan
from weir.schema import Composed, Rejected, compose
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

OPERATIONS_PER_GRAPH = 2


def check(graph: ContextGraph, data: st.DataObject) -> None:
    """Check whether a graph composes, and what it returns if it does."""
    composed = compose(graph.subgraphs())
    assert isinstance(composed, Composed) is graph.is_satisfiable
    if isinstance(composed, Rejected):
        assert {each.code for each in composed.errors} == {"SATISFIABILITY_ERROR"}
        return
    queried = Graph.of(read_supergraph(composed.supergraph_sdl))
    whole = attach(queried.supergraph.api_schema, graph)
    parts = {name: subgraph_schema(graph, name) for name in "ab"}

    def request(name: str, document: str, variables: Any, *_: Any) -> Any:
        errors = validate(parts[name], parse(document))
        assert not errors, (name, document, errors)
        return ask(parts[name], document, variables)

    random = [data.draw(operations(whole)) for _ in range(OPERATIONS_PER_GRAPH)]
    for asked in (RandomOperation(graph.everything(), {}), *random):
        if validate(whole, parse(asked.document)):
            continue
        operation = prepare(asked.document, None, whole)
        planned = (queried, operation, plan(operation, queried))

        expected = ask(whole, asked.document, asked.variables)
        assert answered(planned, asked.variables, request) == expected


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(graph=context_graphs(), data=st.data())
def test_the_nearest_ancestor_gives_the_value(
    graph: ContextGraph, data: st.DataObject
) -> None:
    check(graph, data)
