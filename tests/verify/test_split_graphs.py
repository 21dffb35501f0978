"""10,000 random operations on 2,500 random graphs, each split at random.

A test is a seed; what fails is shrunk, and its seed is in the test's name.
"""

import pytest

from tests.resolvers.plan.test_properties import check
from tests.support.seeded_property import check_seeded
from tests.support.split_graphs import split_graphs

SEEDS = range(25)
GRAPHS_PER_SEED = 100


@pytest.mark.parametrize("number", SEEDS, ids=lambda number: f"seed-{number}")
def test_split_graphs_answer_as_the_unsplit_ones(number: int) -> None:
    check_seeded(number, split_graphs(), check, count=GRAPHS_PER_SEED)
