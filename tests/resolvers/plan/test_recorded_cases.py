"""Weir's plans against those recorded of the reference planner: never worse.

Neither in fetches nor in depth. The cases stay where they are; without them these tests
are skipped.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.resolvers.adapter import plan
from weir.resolvers.operation.errors import ValidationFailed
from weir.resolvers.plan.model.errors import NotPlannable

SHARED = Path(
    os.environ.get("WEIR_SHARED", Path(__file__).resolve().parents[4] / "shared")
)
CASES = SHARED / "cases"
SUITES = SHARED / "conformance" / "suites"

pytestmark = pytest.mark.skipif(
    not CASES.exists(), reason=f"the recorded cases are not at {CASES}"
)


def recorded(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((CASES / name).read_text())
    return loaded


def is_worse(ours: dict[str, Any], reference: dict[str, Any]) -> bool:
    return any(ours[each] > reference[each] for each in ("fetches", "sequential_depth"))


def test_no_recorded_plan_is_better() -> None:
    cases = recorded("planning.json")
    worse: list[tuple[str, Any, Any]] = []
    for case in cases["cases"]:
        supergraph = cases["schemas"][case["schema_id"]]["apollo_supergraph"]
        overrides = case.get("override_conditions")
        try:
            ours = plan([], case["query"], overrides, supergraph=supergraph)
        except ValidationFailed:
            assert case["query_fails_graphql_validation_of_api_schema"]
            continue
        if is_worse(ours, case["apollo_plan_summary"]):
            worse.append((case["id"], ours, case["apollo_plan_summary"]))

    assert worse == []


def test_no_recorded_plan_of_the_audit_is_better() -> None:
    worse: list[tuple[str, Any, Any]] = []
    for case in recorded("audit_plans.json")["cases"]:
        suite = case["source"]["test"].partition(" #")[0]
        supergraph = (SUITES / suite / "supergraph.graphql").read_text()
        try:
            ours = plan([], case["query"], supergraph=supergraph)
        except (ValidationFailed, NotPlannable):
            assert not case.get("apollo_plan_summary", {}).get("fetches")
            continue
        if is_worse(ours, case["apollo_plan_summary"]):
            worse.append((case["id"], ours, case["apollo_plan_summary"]))

    assert worse == []
