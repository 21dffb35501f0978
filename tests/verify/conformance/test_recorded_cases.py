"""The recorded cases' own runner, check.py: verdicts, contracts, plans, answers.

What a test lists besides its counts is either not comparable, and why, or a trade.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.resolvers import adapter
from tests.support.audit import SUITES
from tests.support.conformance_kit import KitRun
from tests.support.recorded_plans import (
    CASES,
    Figures,
    check,
    recorded,
    recorded_figures,
)
from tests.verify.conformance.conftest import Report
from weir.resolvers.operation.errors import OperationRejected
from weir.resolvers.plan.model.errors import NotPlannable

pytestmark = pytest.mark.skipif(
    not CASES.exists(), reason=f"the recorded cases are not at {CASES}"
)


@dataclass(frozen=True, slots=True)
class Compared:
    """Weir's plan of a case beside the recorded one."""

    name: str
    ours: Figures
    apollos: Figures

    def __str__(self) -> str:
        return f"{self.name}: {self.ours}; @apollo/query-planner: {self.apollos}"


def test_composition_agrees_with_the_reference(report: Report) -> None:
    checked = check("compose")

    report(f"check.py compose: {checked}")
    assert checked.counts == {"pass": 353}, checked.output


def test_contracts_filter_as_the_reference_does(report: Report) -> None:
    checked = check("contracts")

    report(f"check.py contracts: {checked}")
    assert checked.counts == {"pass": 27}, checked.output


@pytest.mark.parametrize("what", ["plan", "diff"])
def test_the_runner_complains_only_of_invalid_operations(
    what: str, report: Report
) -> None:
    checked = check(what)

    report(f"check.py {what}: {checked}")
    report("  a crash is a refusal: the API schema does not allow the operation")
    for case, why in sorted(checked.complaints.items()):
        report(f"    {case}: {why}")
    assert set(checked.complaints) == _invalid(), checked.output
    assert not checked.counts.keys() - {"pass", "skip", "crash"}, checked.output


def test_no_plan_is_worse_than_the_reference(report: Report) -> None:
    cases = [
        case
        for case in recorded("planning.json")["cases"]
        if case["id"] not in _invalid() and not _defers(case)
    ]
    _judge([_compared(case) for case in cases], "planning cases", report)


def test_deferred_operations_are_listed_apart(report: Report) -> None:
    deferred = [_compared(c) for c in recorded("planning.json")["cases"] if _defers(c)]

    report(
        f"{len(deferred)} planning cases @defer, which Weir refuses: compared without"
        " it, and listed apart, as in the recorded plans a part that is sent later is"
        " a fetch of its own:"
    )
    for each in deferred:
        report(f"  {each}")


def test_invalid_operations_are_refused() -> None:
    cases = {case["id"]: case for case in recorded("planning.json")["cases"]}
    for invalid in _invalid():
        with pytest.raises(OperationRejected):
            _plan(cases[invalid])


@pytest.mark.skipif(not SUITES.exists(), reason=f"no suites at {SUITES}")
def test_no_plan_of_the_audit_is_worse_than_the_reference(
    weir_run: KitRun, report: Report
) -> None:
    """Fetches are the requests that the subgraphs received, not what a plan says."""
    requests = {each.name: each.requests for each in weir_run.results}

    _judge(list(_audited(requests.__getitem__)), "audit plans", report)


def _judge(compared: list[Compared], what: str, report: Report) -> None:
    fewer = [each for each in compared if each.ours.fetches < each.apollos.fetches]
    trades = [each for each in compared if each.ours.trades_with(each.apollos)]
    report(
        f"{len(compared)} {what}: Weir {_total(each.ours for each in compared)};"
        f" @apollo/query-planner {_total(each.apollos for each in compared)};"
        f" fewer fetches in {len(fewer)}, one traded for the other in {len(trades)}"
    )
    for each in trades:
        report(f"  {each}")
    assert [each for each in compared if each.ours.is_worse_than(each.apollos)] == []


def _total(figures: Iterator[Figures]) -> str:
    every = tuple(figures)
    return (
        f"{sum(each.fetches for each in every)} fetches,"
        f" depths {sum(each.depth for each in every)}"
    )


def _compared(case: dict[str, Any]) -> Compared:
    ours = _plan(case)
    figures = Figures(ours["fetches"], ours["sequential_depth"])
    return Compared(case["id"], figures, recorded_figures(case))


def _plan(case: dict[str, Any]) -> dict[str, Any]:
    schema = recorded("planning.json")["schemas"][case["schema_id"]]
    return adapter.plan(
        case["subgraphs"],
        case["query"],
        case.get("override_conditions"),
        supergraph=schema["apollo_supergraph"],
    )


def _audited(requests_of: Callable[[str], int]) -> Iterator[Compared]:
    for case in recorded("audit_plans.json")["cases"]:
        name = case["source"]["test"]
        if "apollo_plan_summary" not in case:
            # Not valid against the API schema: nobody may ask a subgraph anything.
            assert requests_of(name) == 0, name
            continue
        figures = Figures(requests_of(name), _depth(name, case["query"]))
        yield Compared(name, figures, recorded_figures(case))


def _depth(name: str, query: str) -> int:
    supergraph = SUITES / name.partition(" #")[0] / "supergraph.graphql"
    try:
        ours = adapter.plan([], query, supergraph=supergraph.read_text("utf-8"))
    except NotPlannable:
        # Nobody resolves a field of it; the reference then has an empty plan.
        return 0
    depth: int = ours["sequential_depth"]
    return depth


def _invalid() -> set[str]:
    """The operations that the API schema does not allow, as recorded."""
    return {
        case["id"]
        for case in recorded("planning.json")["cases"]
        if case.get("query_fails_graphql_validation_of_api_schema")
    }


def _defers(case: dict[str, Any]) -> bool:
    return bool(case.get("planner_config", {}).get("enable_defer"))
