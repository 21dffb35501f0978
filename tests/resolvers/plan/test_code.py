"""Generated code, pinned for some of the plans: `code.txt` beside `plan.txt`.

`pytest tests/resolvers/plan --update-goldens` writes what is generated now.
"""

import ast
from pathlib import Path

import pytest

from tests.resolvers.plan.test_plans import CASES
from weir.resolvers.execute.compiled.code import Code
from weir.resolvers.execute.executable import build_executable
from weir.resolvers.operation import prepare
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.plan import plan
from weir.resolvers.plan.model.errors import PlanningError
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

PINNED = [case for case in CASES if (case.parent / "code.txt").exists()]


def code_of(case: Path) -> Code:
    """Return the code of a case, for variables that are null; raises PlanningError."""
    graph = Graph.of(read_supergraph((case / "supergraph.graphql").read_text()))
    supergraph = graph.supergraph
    text = (case / "operation.graphql").read_text()
    operation = prepare(text, None, supergraph.api_schema)
    executable = build_executable(
        operation, plan(operation, graph), supergraph.api_schema, supergraph.declared
    )
    executable.shape.of({})
    return executable.code


@pytest.mark.parametrize("operation", PINNED, ids=lambda p: "/".join(p.parts[-3:-1]))
def test_code(operation: Path, request: pytest.FixtureRequest) -> None:
    golden = operation.parent / "code.txt"
    text = code_of(operation.parent).source_text(WorkBudget())
    if request.config.getoption("--update-goldens"):
        golden.write_text(text)

    assert text == golden.read_text()


def test_all_plans_are_compiled_but_for_a_reason() -> None:
    reasons: set[tuple[str, str]] = set()
    for operation in CASES:
        try:
            code = code_of(operation.parent)
        except PlanningError:
            continue
        code.compile(WorkBudget())
        assert code.size_bytes < 150_000
        if code.reason is not None:
            reasons.add((operation.parts[-3], code.reason.name))

    assert reasons == {
        ("contexts", "CONTEXT"),
        ("introspection", "INTROSPECTION"),
        ("keys", "KEY"),
    }


def test_code_has_no_other_names_than_its_own() -> None:
    """No text of an operation is in the code but names: no values, no imports."""
    for operation in PINNED:
        tree = ast.parse(code_of(operation.parent).source_text(WorkBudget()))
        for node in ast.walk(tree):
            assert not isinstance(node, ast.Import | ast.ImportFrom | ast.Lambda)
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert node.value.isidentifier()
            if isinstance(node, ast.Attribute):
                assert not node.attr.startswith("__") or node.attr == "__class__"
