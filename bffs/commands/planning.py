"""`weir plan` and `weir explain`: what an operation costs, and why."""

import json
import sys
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Literal, TypeAlias

from bffs.commands import NO, OK, USAGE_ERROR
from bffs.commands.complaint import complain
from gateway.errors import WeirError
from resolvers.operation.operation import prepare
from resolvers.plan.context import PlanningContext
from resolvers.plan.nodes import Plan
from resolvers.plan.planner import Stages, plan_in_stages
from resolvers.plan.stages import StageName, explain, show_stage
from schema.graph.graph import Graph
from schema.supergraph import SupergraphError, read_supergraph

Format: TypeAlias = Literal["text", "json"]


def show_plan(
    supergraph: Path, operation: Path, stage: StageName, format_: Format
) -> int:
    """Print a stage of planning, or the plan as JSON."""
    stages = _planned(supergraph, operation)
    if isinstance(stages, int):
        return stages
    if format_ == "json":
        sys.stdout.write(plan_json(stages.plan) + "\n")
    else:
        sys.stdout.write(show_stage(stages, stage))
    return OK


def show_explanation(supergraph: Path, operation: Path) -> int:
    """Print for each fetch why it is there, and what else was considered."""
    stages = _planned(supergraph, operation)
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


def _planned(supergraph: Path, operation: Path) -> Stages | int:
    """Plan; or say why not, and return the exit code."""
    try:
        graph = Graph.of(read_supergraph(supergraph.read_text(encoding="utf-8")))
        text = operation.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        complain(str(error))
        return USAGE_ERROR
    except SupergraphError as error:
        complain(f"{supergraph}: {error}")
        return USAGE_ERROR
    try:
        asked = prepare(text, None, graph.supergraph.api_schema)
        return plan_in_stages(PlanningContext(graph=graph, operation=asked))
    except WeirError as error:
        complain(f"{operation}: {error.detail}")
        return NO
