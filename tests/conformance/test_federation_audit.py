"""Every answer of the federation audit, over real sockets to real subgraphs."""

import json
from collections import Counter
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
async def test_suite(
    suite: str, origin: str, requests_seen: Counter[str], request: pytest.FixtureRequest
) -> None:
    outcomes, requests = await run_suite(suite, origin)
    requests_seen[_mode(request)] += requests

    failed = [each for each in outcomes if not each.passed]
    assert not failed, "\n\n".join(
        f"{each.query}\nexpected {json.dumps(each.expected)}\n"
        f"answered {json.dumps(each.answered)}"
        for each in failed
    )


def _mode(request: pytest.FixtureRequest) -> str:
    is_punishing = request.node.callspec.params["origin"]
    return "punishing poor plans" if is_punishing else "as it is"
