"""Every answer of the federation audit, over real sockets to real subgraphs."""

import json
from collections.abc import Iterator

import pytest

from tests.support.audit import SUITES, run_suite, subgraph_server, suite_names

pytestmark = pytest.mark.skipif(
    not SUITES.exists(), reason=f"the audit's suites are not at {SUITES}"
)


@pytest.fixture(scope="module", params=[False, True], ids=["", "punishing-poor-plans"])
def origin(request: pytest.FixtureRequest) -> Iterator[str]:
    with subgraph_server(punish=request.param) as origin:
        yield origin


@pytest.mark.parametrize("suite", suite_names())
async def test_suite(suite: str, origin: str) -> None:
    outcomes, requests = await run_suite(suite, origin)

    failed = [each for each in outcomes if not each.passed]
    assert not failed, "\n\n".join(
        f"{each.query}\nexpected {json.dumps(each.expected)}\n"
        f"answered {json.dumps(each.answered)}"
        for each in failed
    )
    assert requests
