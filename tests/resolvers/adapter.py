"""What `check.py plan` and `check.py diff` of the recorded cases ask of Weir.

cd tests/resolvers && python $WEIR_SHARED/cases/check.py plan --adapter adapter
"""

import asyncio
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from graphql import (
    FieldNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Visitor,
    parse,
    visit,
)

from tests.support.executing import execution_context
from weir.gateway.json_types import JSONObject
from weir.resolvers.context import ExecutionContext
from weir.resolvers.execute.binding import bind
from weir.resolvers.execute.executable import build_executable
from weir.resolvers.execute.execute import execute as run
from weir.resolvers.operation import Operation, prepare
from weir.resolvers.operation.variables.coercion import variable_coercion
from weir.resolvers.plan import plan as plan_operation
from weir.resolvers.plan.model.nodes import Fetch, Plan
from weir.resolvers.sources.source import BoundFetch, Reply
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

Request = Callable[..., JSONObject]


@lru_cache(maxsize=256)
def graph_of(supergraph: str) -> Graph:
    return Graph.of(read_supergraph(supergraph))


def planned(
    supergraph: str, query: str, overrides: Mapping[str, bool] | None = None
) -> tuple[Graph, Operation, Plan]:
    graph = graph_of(supergraph)
    operation = prepare(query, None, graph.supergraph.api_schema)
    active = frozenset(name for name, is_on in (overrides or {}).items() if is_on)
    return graph, operation, plan_operation(operation, graph, active)


def _without_defer(query: str) -> str:
    return _without_unused_variables(re.sub(r"@defer(\([^)]*\))?", "", query))


def _without_unused_variables(query: str) -> str:
    """Drop what only `@defer` used, and so what the recorded cases leave over."""
    for name in re.findall(r"\$(\w+)\s*:", query):
        if len(re.findall(rf"\${name}\b", query)) == 1:
            query = re.sub(rf"\${name}\s*:\s*[\w!\[\]]+(\s*=\s*\w+)?,?", "", query)
    return re.sub(r"\(\s*\)", "", query)


def _arguments_of(text: str) -> SelectionSetNode:
    """Parse as `mock_world.fieldset` does, whichever graphql-core 3.3 it is.

    The mock world iterates over the arguments of required fields; where a field has
    none, graphql-core 3.2 gives an empty tuple and 3.3.2 gives None.
    """

    class EmptyArguments(Visitor):
        def leave_field(self, node: FieldNode, *_: Any) -> FieldNode:
            return replace(node, arguments=node.arguments or ())

    document = visit(parse(f"{{{text}}}"), EmptyArguments())
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return operation.selection_set


with suppress(ImportError):
    mock_world: Any = import_module("mock_world")
    mock_world.fieldset = _arguments_of


def summary(plan: Plan) -> dict[str, Any]:
    depths: dict[int, int] = {}
    for fetch in plan.fetches:
        depths[fetch.id] = 1 + max((depths[p] for p in fetch.parents), default=0)
    return {
        "fetches": len(plan.fetches),
        "sequential_depth": max(depths.values(), default=0),
        "services": [fetch.subgraph for fetch in plan.fetches],
    }


def plan(
    subgraphs: list[JSONObject],
    query: str,
    override_conditions: Mapping[str, bool] | None = None,
    *,
    supergraph: str,
) -> dict[str, Any]:
    del subgraphs
    # Deferred delivery comes later: the plan is that of the operation without it.
    return summary(planned(supergraph, _without_defer(query), override_conditions)[2])


@dataclass(frozen=True, slots=True)
class RequestSource:
    """A subgraph behind a plain function; counts what it was asked."""

    name: str
    request: Request
    log: list[str]

    def prepare(self, fetch: Fetch) -> BoundFetch:
        async def call(
            variables: JSONObject, context: ExecutionContext, span_id: str
        ) -> Reply:
            del context, span_id
            self.log.append(f"{self.name}: {fetch.document}")
            answer = self.request(self.name, fetch.document, variables)
            errors = tuple(answer.get("errors") or ())
            return Reply(data=answer.get("data"), errors=errors)

        return call


def answered(
    planned_operation: tuple[Graph, Operation, Plan],
    variables: JSONObject | None,
    request: Request,
    log: list[str] | None = None,
) -> JSONObject:
    """Execute a plan over subgraphs in this process."""
    graph, operation, plan_ = planned_operation
    schema = graph.supergraph.api_schema
    names = [info.name for info in graph.subgraphs]
    seen: list[str] = [] if log is None else log
    sources = {name: RequestSource(name, request, seen) for name in names}
    context = execution_context(
        variable_coercion(operation, schema).coerce(variables or {})
    )
    executable = build_executable(operation, plan_, schema, graph.supergraph.declared)
    result = asyncio.run(run(executable, bind(plan_, sources).fetches, context))
    answer: JSONObject = {"data": result.data}
    if result.errors:
        answer["errors"] = list(result.errors)
    return answer


def execute(
    subgraphs: list[JSONObject],
    query: str,
    variables: JSONObject,
    request: Request,
    override_conditions: Mapping[str, bool] | None = None,
    *,
    supergraph: str,
) -> JSONObject:
    del subgraphs
    query = _without_unused_variables(query)
    return answered(planned(supergraph, query, override_conditions), variables, request)
