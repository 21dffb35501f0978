"""Every null that a failed subgraph causes has an error with the path of its field.

Random operations on random graphs run with one subgraph down, and are compared with the
same operations on the unsplit graph.
"""

from collections.abc import Iterator
from typing import Any

from graphql import parse, validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.resolvers.adapter import answered
from tests.support.random_operations import operations
from tests.support.split_graphs import SplitGraph, split_graphs
from tests.support.split_world import ask, subgraph_schema, unsplit
from weir.gateway.json_types import JSONObject
from weir.resolvers.errors import HttpError
from weir.resolvers.operation import prepare
from weir.resolvers.operation.operation import Operation
from weir.resolvers.plan.model.context import Budget, PlanningContext
from weir.resolvers.plan.model.errors import BudgetExceeded
from weir.resolvers.plan.model.nodes import Plan
from weir.resolvers.plan.planner import plan_in_stages
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

OPERATIONS_PER_GRAPH = 4


def lost(whole: Any, part: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where `part` has null instead of a value."""
    if part is None:
        if whole is not None:
            yield at
    elif isinstance(whole, dict):
        assert whole.keys() == part.keys()
        for key, value in whole.items():
            yield from lost(value, part[key], (*at, key))
    elif isinstance(whole, list):
        assert len(whole) == len(part)
        for index, value in enumerate(whole):
            yield from lost(value, part[index], (*at, index))
    else:
        assert whole == part


def covers(error: JSONObject, at: tuple[Any, ...]) -> bool:
    """Return whether an error is that of null at `at`, or climbed there from below."""
    path = tuple(error.get("path", ()))
    if "count" in error["extensions"]:
        return at[: len(path)] == path
    return path[: len(at)] == at


def planned(operation: Operation, graph: Graph) -> Plan | None:
    """Return a plan, or None if it takes long: this is about running plans."""
    budget = Budget()
    context = PlanningContext(graph=graph, operation=operation, budget=budget)
    try:
        return plan_in_stages(context).plan
    except BudgetExceeded:
        return None


def check(split: SplitGraph, data: st.DataObject) -> None:
    graph = Graph.of(read_supergraph(split.supergraph))
    whole = unsplit(split, graph.supergraph.api_schema)
    parts = {name: subgraph_schema(split, name) for name in split.subgraphs}
    down = data.draw(st.sampled_from(sorted(parts)))

    def request(name: str, document: str, variables: Any, *_: Any) -> Any:
        if name == down:
            raise HttpError(500)
        return ask(parts[name], document, variables)

    for _ in range(OPERATIONS_PER_GRAPH):
        asked = data.draw(operations(whole))
        if validate(whole, parse(asked.document)):
            continue
        expected = ask(whole, asked.document, asked.variables)
        operation = prepare(asked.document, None, whole)
        plan = planned(operation, graph)
        if plan is None:
            continue

        answer = answered((graph, operation, plan), asked.variables, request)

        errors = answer.get("errors", [])
        for at in lost(expected["data"], answer["data"]):
            assert any(covers(error, at) for error in errors), (at, errors)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(split=split_graphs(), data=st.data())
def test_every_null_that_a_failed_subgraph_causes_has_its_error(
    split: SplitGraph, data: st.DataObject
) -> None:
    check(split, data)
