"""Prints how many subgraph requests the audit took, beside the reference planner's."""

import json
from collections import Counter

import pytest

from tests.support.audit import SHARED

REQUESTS = pytest.StashKey[Counter[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[REQUESTS] = Counter()


@pytest.fixture
def requests_seen(request: pytest.FixtureRequest) -> Counter[str]:
    """Counts the requests that subgraphs saw, by how the server was started."""
    seen: Counter[str] = request.config.stash[REQUESTS]
    return seen


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    seen = config.stash[REQUESTS]
    plans = SHARED / "cases" / "audit_plans.json"
    if not seen or not plans.exists():
        return
    cases = json.loads(plans.read_text())["cases"]
    reference = sum(
        each["apollo_plan_summary"]["fetches"]
        for each in cases
        if "apollo_plan_summary" in each
    )
    for mode, requests in sorted(seen.items()):
        terminalreporter.write_line(
            f"federation audit, {mode}: {requests} subgraph requests"
            f" (@apollo/query-planner plans {reference} fetches)"
        )
