"""2,000 random graphs with contexts, each with three operations.

A test is a seed; what fails is shrunk, and its seed is in the test's name.
"""

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.resolvers.plan.test_context_properties import check
from tests.support.context_graphs import ContextGraph, context_graphs

SEEDS = range(10)
GRAPHS_PER_SEED = 200


@pytest.mark.parametrize("number", SEEDS, ids=lambda number: f"seed-{number}")
def test_the_nearest_ancestor_gives_the_value(number: int) -> None:
    @seed(number)
    @settings(
        max_examples=GRAPHS_PER_SEED,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(graph=context_graphs(), data=st.data())
    def ask(graph: ContextGraph, data: st.DataObject) -> None:
        check(graph, data)

    ask()
