"""Contexts, interface objects, federation 1: composed as the reference composes."""

import random
from collections.abc import Callable

import pytest

from tests.support.composed_alike import compare
from tests.support.context_schemas import context_schema
from tests.support.fed1_graphs import fed1_graph
from tests.support.interface_object_graphs import interface_object_graph
from weir.schema import Subgraph

GRAPHS = 400

Generator = Callable[[random.Random], list[Subgraph]]


@pytest.mark.parametrize(
    "graph",
    [context_schema, interface_object_graph, fed1_graph],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("seed", range(3))
def test_random_graphs_compose_as_in_the_reference(
    reference: tuple[str, ...], graph: Generator, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311 - graphs, not secrets

    verdicts = compare(reference, [graph(rng) for _ in range(GRAPHS)])

    # Graphs that all fail, or all alike, would say little.
    assert verdicts[frozenset()] > GRAPHS // 20
    assert len(verdicts) > 3
