"""The kit's own runner against `weir serve --supergraph`, as anybody would run it."""

from pathlib import Path

from tests.support.conformance_kit import COMPILED_WEIR, WEIR, KitRun, run_kit
from tests.support.recorded_plans import recorded
from tests.verify.conformance.conftest import Report

TESTS = 134


def test_every_answer_is_right(weir_run: KitRun, report: Report) -> None:
    recorded_fetches = sum(
        case["apollo_plan_summary"]["fetches"]
        for case in recorded("audit_plans.json")["cases"]
        if "apollo_plan_summary" in case
    )
    report(f"Weir: {weir_run}")
    report(
        f"  @apollo/query-planner plans {recorded_fetches} fetches for the same tests;"
        " 404 (Apollo Gateway) and 398 (Hive's planner) are for the public whole of"
        " 199 tests, of which these are a part, and compare with neither"
    )
    assert weir_run.failed == [], weir_run.output
    assert len(weir_run.passed) == TESTS


def test_every_answer_of_compiled_plans_is_right(
    suites: Path, weir_run: KitRun, report: Report, tmp_path: Path
) -> None:
    run = run_kit(COMPILED_WEIR, tmp_path, suites)

    report(f"Weir, plans compiled: {run}")
    assert run.failed == [], run.output
    assert len(run.passed) == TESTS
    assert run.requests == weir_run.requests


def test_no_plan_is_punished(suites: Path, report: Report, tmp_path: Path) -> None:
    run = run_kit(WEIR, tmp_path, suites, punish=True)

    report(f"Weir, PUNISH_FOR_POOR_PLANS=1: {run}")
    assert run.failed == [], run.output
    assert len(run.passed) == TESTS


def test_every_answer_is_right_on_supergraphs_of_our_own(
    own_suites: Path, weir_run: KitRun, report: Report, tmp_path: Path
) -> None:
    run = run_kit(WEIR, tmp_path, own_suites)

    report(f"Weir on supergraphs that Weir composed: {run}")
    assert run.failed == [], run.output
    assert len(run.passed) == TESTS
    assert run.requests == weir_run.requests
