"""6,000 random operations on 1,500 random graphs, with a random subgraph down.

A test is a seed; what fails is shrunk, and its seed is in the test's name.
"""

import pytest

from tests.resolvers.execute.response.test_error_coverage import check
from tests.support.seeded_property import check_seeded
from tests.support.split_graphs import split_graphs

SEEDS = range(15)
GRAPHS_PER_SEED = 100


@pytest.mark.parametrize("number", SEEDS, ids=lambda number: f"seed-{number}")
def test_every_null_of_a_failure_has_its_error(number: int) -> None:
    check_seeded(number, split_graphs(), check, count=GRAPHS_PER_SEED)
