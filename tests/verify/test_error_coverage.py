"""6,000 random operations on 1,500 random graphs, with a random subgraph down.

A test is a seed; what fails is shrunk, and its seed is in the test's name.
"""

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.resolvers.execute.test_error_coverage import check
from tests.support.split_graphs import SplitGraph, split_graphs

SEEDS = range(15)
GRAPHS_PER_SEED = 100


@pytest.mark.parametrize("number", SEEDS, ids=lambda number: f"seed-{number}")
def test_every_null_of_a_failure_has_its_error(number: int) -> None:
    @seed(number)
    @settings(
        max_examples=GRAPHS_PER_SEED,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(split=split_graphs(), data=st.data())
    def run(split: SplitGraph, data: st.DataObject) -> None:
        check(split, data)

    run()
