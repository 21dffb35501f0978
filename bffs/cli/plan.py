"""`weir plan` and `weir explain`: the plan of an operation, and the reasons for it."""

import json
import sys
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Literal, TypeAlias

from weir.bffs.cli import FAILED, OK, USAGE_ERROR
from weir.bffs.cli.output import print_error
from weir.bffs.facades.stored_operations import without_own_directives
from weir.gateway.errors import WeirError
from weir.gateway.json_types import JSONObject, is_list, is_object
from weir.resolvers.operation.errors import OperationRejected
from weir.resolvers.operation.operation import prepare
from weir.resolvers.overrides import labels_of
from weir.resolvers.plan.model.context import PlanningContext
from weir.resolvers.plan.model.nodes import Plan
from weir.resolvers.plan.planner import Stages, plan_in_stages
from weir.resolvers.plan.stages import StageName, explain, show_stage
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import SupergraphError, read_supergraph

Format: TypeAlias = Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """The files of a supergraph and an operation, and the override labels active."""

    supergraph: Path
    operation: Path
    labels: frozenset[str] = frozenset()


def show_plan(inputs: PlanInputs, stage: StageName, format_: Format) -> int:
    """Print a stage of planning, or the plan as JSON."""
    stages = _planned(inputs)
    if isinstance(stages, int):
        return stages
    if format_ == "json":
        sys.stdout.write(plan_json(stages.plan) + "\n")
    else:
        sys.stdout.write(show_stage(stages, stage))
    return OK


def show_explanation(inputs: PlanInputs) -> int:
    """Print why each fetch is needed, and the rejected alternatives."""
    stages = _planned(inputs)
    if isinstance(stages, int):
        return stages
    sys.stdout.write(explain(stages))
    return OK


def plan_json(plan: Plan) -> str:
    """Return a plan as JSON; equal plans give equal texts."""
    return json.dumps(asdict(plan), default=_enum_value, indent=2)


def _enum_value(value: object) -> object:
    assert isinstance(value, Enum), "plans hold dataclasses, tuples, text and enums"
    return value.value


def _planned(inputs: PlanInputs) -> Stages | int:
    """Plan the operation, or print the error and return the exit code."""
    supergraph, operation = inputs.supergraph, inputs.operation
    try:
        graph = Graph.of(read_supergraph(supergraph.read_text(encoding="utf-8")))
        text = operation.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        print_error(str(error))
        return USAGE_ERROR
    except SupergraphError as error:
        print_error(f"{supergraph}: {error}")
        return USAGE_ERROR
    known = labels_of(graph)
    if unknown := sorted(inputs.labels - known):
        there_are = ", ".join(sorted(known)) or "none"
        print_error(f"--label: unknown label {unknown[0]!r}; known: {there_are}")
        return USAGE_ERROR
    try:
        plain = without_own_directives(text)
        prepared = prepare(plain, None, graph.supergraph.api_schema)
        return plan_in_stages(
            PlanningContext(graph=graph, operation=prepared, overrides=inputs.labels)
        )
    except OperationRejected as error:
        for each in error.errors:
            print_error(f"{operation}{_place(each)}: {each['message']}")
        return FAILED
    except WeirError as error:
        print_error(f"{operation}: {error.detail}")
        return FAILED


def _place(error: JSONObject) -> str:
    """Return the first location of a GraphQL error, as `:line:column`."""
    places = error.get("locations")
    if not is_list(places) or not places or not is_object(places[0]):
        return ""
    return f":{places[0]['line']}:{places[0]['column']}"
