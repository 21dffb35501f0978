"""Fields that move with override labels: composed as the reference composes them."""

import random

import pytest

from tests.support.composed_alike import compare
from tests.support.keyed_graphs import labelled_graph

GRAPHS = 400


@pytest.mark.parametrize("seed", range(3))
def test_graphs_with_override_labels_compose_as_in_the_reference(
    reference: tuple[str, ...], seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311 - graphs, not secrets

    verdicts = compare(reference, [labelled_graph(rng) for _ in range(GRAPHS)])

    assert verdicts[frozenset()] > GRAPHS // 20
    assert verdicts[frozenset({"SATISFIABILITY_ERROR"})] > GRAPHS // 5
