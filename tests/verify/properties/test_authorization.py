"""5,000 operations of random callers on 1,000 random graphs with access requirements.

A test is a seed. What fails is shrunk, and its seed is in the name of the test.
"""

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.resolvers.engine.test_authorization_properties import check
from tests.support.restricted_graphs import RestrictedGraph, restricted_graphs

SEEDS = range(20)
GRAPHS_PER_SEED = 50


@pytest.mark.parametrize("number", SEEDS, ids=lambda number: f"seed-{number}")
def test_callers_get_what_removing_the_refused_fields_leaves(number: int) -> None:
    @seed(number)
    @settings(
        max_examples=GRAPHS_PER_SEED,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(restricted=restricted_graphs(), data=st.data())
    def send(restricted: RestrictedGraph, data: st.DataObject) -> None:
        check(restricted, data)

    send()
