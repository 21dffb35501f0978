"""Plans, pinned: cases/FEATURE/CASE/{supergraph.graphql,operation.graphql,plan.txt}.

`pytest tests/resolvers/plan --update-goldens` writes what is planned now. Where a case
has `overrides.txt`, the labels in it are active.
"""

from pathlib import Path

import pytest

from weir.resolvers.operation import prepare
from weir.resolvers.plan import plan
from weir.resolvers.plan.model.errors import PlanningError
from weir.resolvers.plan.render import render
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

CASES = sorted((Path(__file__).parent / "cases").glob("*/*/operation.graphql"))


def planned(case: Path) -> str:
    graph = Graph.of(read_supergraph((case / "supergraph.graphql").read_text()))
    text = (case / "operation.graphql").read_text()
    operation = prepare(text, None, graph.supergraph.api_schema)
    labels = case / "overrides.txt"
    active = frozenset(labels.read_text().split()) if labels.exists() else frozenset()
    try:
        return render(plan(operation, graph, active))
    except PlanningError as error:
        return f"{error.code}: {error}\n"


@pytest.mark.parametrize("operation", CASES, ids=lambda p: "/".join(p.parts[-3:-1]))
def test_plan(operation: Path, request: pytest.FixtureRequest) -> None:
    case = operation.parent
    golden = case / "plan.txt"
    text = planned(case)
    if request.config.getoption("--update-goldens"):
        golden.write_text(text)

    assert text == golden.read_text()


def test_a_plan_does_not_depend_on_the_run() -> None:
    texts = {planned(operation.parent) for operation in CASES for _ in range(2)}

    assert len(texts) <= len(CASES)
