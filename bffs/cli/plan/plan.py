"""`weir plan` and `weir explain`: the plan of an operation, and the reasons for it."""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Literal

from graphql import OperationDefinitionNode, parse

from weir.bffs.cli import FAILED, OK, USAGE_ERROR
from weir.bffs.cli.facade_view import FacadeView, facade_view, supergraph_view
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.cli.output import Format, print_error
from weir.bffs.cli.plan.device_values import device_values
from weir.bffs.cli.plan.sharing import show_sharing
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.text_file import UnreadableFile, read_argument
from weir.bffs.config.unknown_name import unknown
from weir.bffs.facades.stored.directives import without_own_directives
from weir.gateway.errors import WeirError
from weir.gateway.json_types import JSONObject, is_list, is_object
from weir.resolvers.execute.executable import build_executable
from weir.resolvers.operation.authorization import NeededRights, needed_rights
from weir.resolvers.operation.document.parsing import parse_operation
from weir.resolvers.operation.document.validation import validate_operation
from weir.resolvers.operation.errors import OperationNotFound, OperationRejected
from weir.resolvers.operation.operation import normalise
from weir.resolvers.operation.variables.device_arguments import HiddenVariable
from weir.resolvers.operation.variables.hide_arguments import hide_arguments
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.overrides import labels_of
from weir.resolvers.plan.model.context import PlanningContext
from weir.resolvers.plan.model.nodes import Plan
from weir.resolvers.plan.planner import Stages, plan_in_stages
from weir.resolvers.plan.stages import StageName, explain, show_stage

_CONFIG = Path("weir.yaml")
_LISTED = 20


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """An operation, and the graph that it is planned for.

    `files` are a supergraph and an operation, or an operation for a façade of `config`,
    which is weir.yaml by default. `name` chooses one of the operations of a document.
    """

    files: Sequence[str]
    config: Path | None = None
    facade: str | None = None
    name: str | None = None
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PlanOutput:
    """The stage and the format to print, and whether to add what callers share."""

    stage: StageName | Literal["code"] = "plan"
    format: Format = "text"
    identity: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """The stages of planning, and the arguments that device rules decide."""

    stages: Stages
    view: FacadeView
    hidden: tuple[HiddenVariable, ...]
    rights: NeededRights


@prints_config_errors
def show_plan(inputs: PlanInputs, output: PlanOutput) -> int:
    """Print a stage of planning, or the plan as JSON; return the exit code.

    The `code` is the source of a plan that is used often.
    """
    if output.identity and (output.format == "json" or output.stage != "plan"):
        print_error("--identity is for the plan as text")
        return USAGE_ERROR
    planned = _planned(inputs)
    if isinstance(planned, int):
        return planned
    if output.format == "json":
        sys.stdout.write(plan_json(planned.stages.plan) + "\n")
        return OK
    served = planned.view.served
    if output.identity and served is None:
        print_error("--identity needs a façade, and not a supergraph alone")
        return USAGE_ERROR
    sys.stdout.write(
        _code(planned)
        if output.stage == "code"
        else show_stage(planned.stages, output.stage)
    )
    sys.stdout.writelines(device_values(planned.hidden, planned.view.rules))
    if output.identity and served is not None:
        loaded, facade = served
        plan = planned.stages.plan
        sys.stdout.writelines(show_sharing(loaded, facade, plan, planned.rights))
    return OK


def _code(planned: Planned) -> str:
    """Return the source of the plan, for variables that are null."""
    view, work = planned.view, WorkBudget()
    executable = build_executable(
        planned.stages.context.operation,
        planned.stages.plan,
        view.schema,
        view.graph.supergraph.declared,
    )
    executable.shape.of({})
    return executable.code.source_text(work)


@prints_config_errors
def show_explanation(inputs: PlanInputs) -> int:
    """Print why each fetch is needed, and the rejected alternatives."""
    planned = _planned(inputs)
    if isinstance(planned, int):
        return planned
    sys.stdout.write(explain(planned.stages))
    sys.stdout.writelines(device_values(planned.hidden, planned.view.rules))
    return OK


def plan_json(plan: Plan) -> str:
    """Return a plan as JSON; equal plans give equal texts."""
    return json.dumps(asdict(plan), default=_enum_value, indent=2)


def _enum_value(value: object) -> object:
    assert isinstance(value, Enum), "plans hold dataclasses, tuples, text and enums"
    return value.value


def _planned(inputs: PlanInputs) -> Planned | int:
    """Plan the operation, or print its error and return the exit code.

    Raises ConfigError, CompositionFailed.
    """
    view = _view(inputs)
    _reject_unknown_labels(view, inputs.labels)
    text, name = _operation(inputs, view)
    try:
        return _plan(view, text, name, inputs.labels)
    except OperationNotFound:
        names = ", ".join(_names(text)) or "none"
        print_error(f"{inputs.files[-1]}: choose an operation by --name: {names}")
        return USAGE_ERROR
    except OperationRejected as error:
        for each in error.errors:
            print_error(f"{inputs.files[-1]}{_place(each)}: {each['message']}")
        return FAILED
    except WeirError as error:
        print_error(f"{inputs.files[-1]}: {error.detail}")
        return FAILED


def _view(inputs: PlanInputs) -> FacadeView:
    """Return the view that the arguments name; raises ConfigError."""
    match [*inputs.files]:
        case [_]:
            config = inputs.config or _CONFIG
            return asyncio.run(facade_view(config, inputs.facade))
        case [supergraph, _] if inputs.config is None and inputs.facade is None:
            return supergraph_view(Path(supergraph))
        case [_, _]:
            message = "give a supergraph, or a façade by --config and --facade"
        case _:
            message = "expected a supergraph and an operation, or an operation only"
    raise ConfigError(Problem(message=message))


def _reject_unknown_labels(view: FacadeView, labels: frozenset[str]) -> None:
    known = labels_of(view.graph)
    if not_known := sorted(labels - known):
        message = f"--label: {unknown('label', not_known[0], known)}"
        raise ConfigError(Problem(message=message))


def _operation(inputs: PlanInputs, view: FacadeView) -> tuple[str, str | None]:
    """Return the text and the name of the operation; raises ConfigError."""
    argument = inputs.files[-1]
    if stored := view.stored.get(argument):
        return stored.text, stored.name
    try:
        text = read_argument(Path(argument))
    except UnreadableFile as error:
        names = _few([*view.stored])
        hint = f"; stored operations: {names}" if names else ""
        message = f"cannot be read: {error}{hint}"
        raise ConfigError(Problem(file=argument, message=message)) from error
    return without_own_directives(text), inputs.name


def _few(ids: list[str]) -> str:
    """List ids, of a large manifest only the first."""
    more = len(ids) - _LISTED
    return ", ".join(ids[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _plan(
    view: FacadeView, text: str, name: str | None, labels: frozenset[str]
) -> Planned:
    """Plan as a gateway does; raises OperationRejected, WeirError."""
    document = parse_operation(text, view.limits)
    validate_operation(document, view.schema)
    hiding = hide_arguments(document, view.schema, view.coordinates)
    operation = normalise(hiding.document, name, view.schema)
    context = PlanningContext(graph=view.graph, operation=operation, overrides=labels)
    rights = needed_rights(operation, view.schema, view.graph.supergraph.access)
    return Planned(plan_in_stages(context), view, hiding.hidden, rights)


def _names(text: str) -> Iterator[str]:
    for node in parse(text).definitions:
        if isinstance(node, OperationDefinitionNode) and node.name:
            yield node.name.value


def _place(error: JSONObject) -> str:
    """Return the first location of a GraphQL error, as `:line:column`."""
    places = error.get("locations")
    if not is_list(places) or not places or not is_object(places[0]):
        return ""
    return f":{places[0]['line']}:{places[0]['column']}"
