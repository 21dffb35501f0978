"""Composition and the planner agree: what composes can be planned, and nothing else.

The planner may do more: it takes a required field from where the query comes from,
while composition, like the reference, wants it within reach of the subgraph that
requires it.
"""

import random
from collections.abc import Iterator, Sequence
from itertools import product

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, get_named_type

from tests.support.keyed_graphs import LABELS, keyed_graph, labelled_graph
from weir.resolvers.operation.operation import prepare
from weir.resolvers.plan.model.context import PlanningContext
from weir.resolvers.plan.model.errors import PlanningError
from weir.resolvers.plan.planner import plan_in_stages
from weir.schema import Composed, Subgraph, compose
from weir.schema.compose import composed_schema
from weir.schema.diagnostics.errors import CompositionFailed
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph
from weir.schema.merging.supergraph_schema import SupergraphSchema
from weir.schema.satisfiability.explanation import witness
from weir.schema.satisfiability.reach import Reach
from weir.schema.satisfiability.tables import tables_of
from weir.schema.satisfiability.traversal import DeadEnd, Traversal
from weir.schema.supergraph.printing import print_supergraph

GRAPHS, DEPTH = 100, 3


def plans(graph: Graph, query: str, labels: frozenset[str] = frozenset()) -> bool:
    operation = prepare(query, None, graph.supergraph.api_schema)
    context = PlanningContext(graph=graph, operation=operation, overrides=labels)
    try:
        plan_in_stages(context)
    except PlanningError:
        return False
    return True


def queries(schema: GraphQLSchema) -> Iterator[str]:
    """All queries for one leaf, down to a depth."""
    root = schema.query_type
    assert root is not None
    yield from (f"{{ {each} }}" for each in _paths(root, DEPTH))


def _paths(parent: GraphQLObjectType, depth: int) -> Iterator[str]:
    for name, field in parent.fields.items():
        target = get_named_type(field.type)
        if not isinstance(target, GraphQLObjectType):
            yield name
        elif depth:
            yield from (f"{name} {{ {each} }}" for each in _paths(target, depth - 1))


def unsatisfied(supergraph: SupergraphSchema) -> Iterator[str]:
    """The witnesses of failures that no requirement is the cause of."""
    for finding in Traversal(Reach(tables_of(supergraph))).findings():
        if isinstance(finding, DeadEnd) and not finding.step.field.startswith("r"):
            yield witness(supergraph, finding.step).replace("...", "__typename")


def merged(subgraphs: Sequence[Subgraph]) -> SupergraphSchema | None:
    try:
        return composed_schema(subgraphs)
    except CompositionFailed:
        return None


@pytest.mark.parametrize("seed", range(8))
def test_what_composes_can_be_planned_and_what_does_not_cannot(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - graphs, not secrets
    composed = refused = 0
    for _ in range(GRAPHS):
        subgraphs = keyed_graph(rng)
        supergraph = merged(subgraphs)
        if supergraph is None:
            continue
        graph = Graph.of(read_supergraph(print_supergraph(supergraph)))
        if isinstance(compose(subgraphs), Composed):
            composed += 1
            for query in queries(graph.supergraph.api_schema):
                assert plans(graph, query), query
        else:
            refused += 1
            for query in unsatisfied(supergraph):
                assert not plans(graph, query), query

    assert composed > GRAPHS // 20
    assert refused > GRAPHS // 5


@pytest.mark.parametrize("seed", range(8))
def test_what_composes_can_be_planned_whatever_its_labels(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - graphs, not secrets
    moving = 0
    for _ in range(GRAPHS):
        composed = compose(labelled_graph(rng))
        if (
            not isinstance(composed, Composed)
            or "overrideLabel" not in composed.supergraph_sdl
        ):
            continue
        moving += 1
        graph = Graph.of(read_supergraph(composed.supergraph_sdl))
        for query, chosen in product(
            queries(graph.supergraph.api_schema), product((False, True), repeat=2)
        ):
            labels = frozenset(
                label for label, on in zip(LABELS, chosen, strict=True) if on
            )
            assert plans(graph, query, labels), (query, labels)

    assert moving
