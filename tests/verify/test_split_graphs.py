"""10,000 random operations on 2,500 random graphs, each split at random.

A test is a seed; what fails is shrunk, and its seed is in the test's name.
"""

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.resolvers.plan.test_properties import check
from tests.support.split_graphs import SplitGraph, split_graphs

SEEDS = range(25)
GRAPHS_PER_SEED = 100


@pytest.mark.parametrize("number", SEEDS, ids=lambda number: f"seed-{number}")
def test_split_graphs_answer_as_the_unsplit_ones(number: int) -> None:
    @seed(number)
    @settings(
        max_examples=GRAPHS_PER_SEED,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(split=split_graphs(), data=st.data())
    def ask(split: SplitGraph, data: st.DataObject) -> None:
        check(split, data)

    ask()
