"""Plans in JSON are the same plans."""

from typing import Any

import orjson
import pytest

from tests.resolvers.plan.test_plans import CASES
from weir.resolvers.operation import prepare
from weir.resolvers.plan import plan
from weir.resolvers.plan.model.errors import PlanningError
from weir.resolvers.plan.plan_json import NotAPlan, plan_from_json, plan_to_json
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph


def test_every_plan_is_equal_after_json() -> None:
    planned = 0
    for case in CASES:
        folder = case.parent
        graph = Graph.of(read_supergraph((folder / "supergraph.graphql").read_text()))
        text = (folder / "operation.graphql").read_text()
        try:
            made = plan(prepare(text, None, graph.supergraph.api_schema), graph)
        except PlanningError:
            continue
        planned += 1
        assert plan_from_json(orjson.loads(orjson.dumps(plan_to_json(made)))) == made
    assert planned > 30


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"Plan": {}},
        {"Plan": []},
        {"Plan": {"kind": {"OperationType": "query"}, "fetches": [], "more": 1}},
        {"Plan": {"kind": {"OperationType": "else"}, "fetches": []}},
        {"Plan": {"kind": {"os": {}}, "fetches": []}},
        {"Key": {"name": "a"}},
        {"Plan": {}, "Key": {}},
    ],
)
def test_other_values_are_not_plans(value: Any) -> None:
    with pytest.raises(NotAPlan):
        plan_from_json(value)
