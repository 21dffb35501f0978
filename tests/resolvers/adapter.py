"""What `check.py plan` and `check.py diff` of the recorded cases ask of Weir.

    cd tests/resolvers && python $WEIR_SHARED/cases/check.py plan --adapter adapter
"""

import asyncio
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from resolvers.execute.context import ExecutionContext
from resolvers.execute.executable import build_executable
from resolvers.execute.execute import execute as run
from resolvers.json_types import JSONObject
from resolvers.operation import Operation, prepare
from resolvers.operation.variables import VariableCoercion, variable_coercion
from resolvers.plan import plan as plan_operation
from resolvers.plan.nodes import Plan
from resolvers.sources.source import Reply, SourceRequest
from schema.graph.graph import Graph
from schema.supergraph import read_supergraph
from tests.support.executing import execution_context

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
    return summary(planned(supergraph, query, override_conditions)[2])


@dataclass(frozen=True, slots=True)
class RequestSource:
    """A subgraph behind a plain function; counts what it was asked."""

    name: str
    request: Request
    log: list[str]

    async def fetch(self, request: SourceRequest, context: ExecutionContext) -> Reply:
        del context
        self.log.append(f"{self.name}: {request.document}")
        answer = self.request(self.name, request.document, request.variables)
        return Reply(data=answer.get("data"), errors=tuple(answer.get("errors") or ()))


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
    context = execution_context(
        {name: RequestSource(name, request, seen) for name in names},
        variable_coercion(operation, schema).coerce(variables or {}),
    )
    result = asyncio.run(run(build_executable(operation, plan_, schema), context))
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
    return answered(planned(supergraph, query, override_conditions), variables, request)
