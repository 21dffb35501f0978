"""Compiled code and the interpreter have the same responses, byte for byte.

Random operations on random graphs, with replies that are right, and with replies that
are damaged. tests/verify/properties runs many more of them.
"""

import asyncio

from graphql import parse, validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.both_ways import BothWays, DamagedSource
from tests.support.random_operations import operations
from tests.support.split_graphs import SplitGraph, split_graphs
from tests.support.split_world import ask, subgraph_schema, unsplit
from weir.gateway.json_types import JSONObject
from weir.resolvers.operation import prepare
from weir.resolvers.plan import plan
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

OPERATIONS_PER_GRAPH = 4
SHARES = (0.0, 0.02, 0.1, 0.3)
"""Of the parts of a reply that are damaged."""


def check(split: SplitGraph, data: st.DataObject) -> None:
    """Run operations on one split graph both ways."""
    graph = Graph.of(read_supergraph(split.supergraph))
    whole = unsplit(split, graph.supergraph.api_schema)
    parts = {name: subgraph_schema(split, name) for name in split.subgraphs}

    def answer(name: str, document: str, variables: JSONObject) -> JSONObject:
        return ask(parts[name], document, variables)

    for number in range(OPERATIONS_PER_GRAPH):
        asked = data.draw(operations(whole))
        if validate(whole, parse(asked.document)):
            continue
        operation = prepare(asked.document, None, whole)
        both = BothWays.of(operation, plan(operation, graph), graph)
        for share in SHARES:
            sources = {
                name: DamagedSource(name, answer, number, share) for name in parts
            }
            interpreted, compiled = asyncio.run(
                both.responses(sources, asked.variables)
            )
            assert interpreted == compiled, (asked.document, share)


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(split=split_graphs(), data=st.data())
def test_responses_are_the_same_both_ways(
    split: SplitGraph, data: st.DataObject
) -> None:
    check(split, data)
