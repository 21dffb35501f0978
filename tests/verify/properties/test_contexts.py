"""2,000 random graphs with contexts, each with three operations.

A test is a seed; what fails is shrunk, and its seed is in the test's name.
"""

import pytest

from tests.resolvers.plan.test_context_properties import check
from tests.support.context_graphs import context_graphs
from tests.support.seeded_property import check_seeded

SEEDS = range(10)
GRAPHS_PER_SEED = 200


@pytest.mark.parametrize("number", SEEDS, ids=lambda number: f"seed-{number}")
def test_the_nearest_ancestor_gives_the_value(number: int) -> None:
    check_seeded(number, context_graphs(), check, count=GRAPHS_PER_SEED)
