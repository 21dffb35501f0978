"""Each service fails in turn, in every way, for every query of the audit."""

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
async def test_every_answer_is_a_correct_partial_one(suite: str, origin: str) -> None:
    await fail_in_turn(suite, origin, every_query=True, every_fault=True)
