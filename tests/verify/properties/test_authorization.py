"""5,000 operations of random callers on 1,000 random graphs with access requirements.

A test is a seed. What fails is shrunk, and its seed is in the name of the test.
"""

import pytest

from tests.resolvers.engine.test_authorization_properties import check
from tests.support.restricted_graphs import restricted_graphs
from tests.support.seeded_property import check_seeded

SEEDS = range(20)
GRAPHS_PER_SEED = 50


@pytest.mark.parametrize("number", SEEDS, ids=lambda number: f"seed-{number}")
def test_callers_get_what_removing_the_refused_fields_leaves(number: int) -> None:
    check_seeded(number, restricted_graphs(), check, count=GRAPHS_PER_SEED)
