"""Each service of each suite fails in turn: every answer is a correct partial one.

The first query of each suite, a fault for each service; all of them in `make verify`.
"""

from collections.abc import Iterator

import pytest

from tests.support.audit import SUITES, subgraph_server, suite_names
from tests.support.faults import fail_in_turn

pytestmark = pytest.mark.skipif(
    not SUITES.exists(), reason=f"the audit's suites are not at {SUITES}"
)


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with subgraph_server(punish=False) as origin:
        yield origin


@pytest.mark.parametrize("suite", suite_names())
async def test_a_failing_service_costs_no_more_than_its_part(
    suite: str, origin: str
) -> None:
    await fail_in_turn(suite, origin, every_query=False, every_fault=False)
