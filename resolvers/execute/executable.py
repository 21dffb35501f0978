"""Executable plans: the work that is done once per operation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from graphql import GraphQLSchema

from weir.resolvers.execute.compiled.code import Code
from weir.resolvers.execute.response.field_rules import NO_RULES, FieldRules
from weir.resolvers.execute.response.shape import OperationShape
from weir.resolvers.execute.response.shape_builder import Declared
from weir.resolvers.execute.run.interpreter import interpreter
from weir.resolvers.operation.operation import Operation
from weir.resolvers.operation.refusals import NOTHING_REFUSED, Refusal
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.plan.model.nodes import Plan


@dataclass(frozen=True, slots=True)
class Executable:
    """A plan, the code that runs it, and the shape of its response.

    It is shared by all requests that may select the same fields. If `is_restricted`,
    other requests may not select all of them. If `is_partial`, the plan is without the
    fields that these may not select. If it `is_conditional`, a policy decides, and
    may decide otherwise at the next request.
    """

    plan: Plan
    code: Code
    shape: OperationShape
    is_restricted: bool = False
    is_partial: bool = False
    is_conditional: bool = False


@dataclass(frozen=True, slots=True)
class CallerRights:
    """The rights of the callers that share an executable.

    The `refused` fields are null, by the identity of their nodes. `is_restricted` and
    `is_conditional` are those of the executable.
    """

    refused: Mapping[int, Refusal]
    is_restricted: bool
    is_conditional: bool


_ALL_RIGHTS: Final = CallerRights(
    NOTHING_REFUSED, is_restricted=False, is_conditional=False
)


def build_executable(
    operation: Operation,
    plan: Plan,
    api_schema: GraphQLSchema,
    declared: Declared,
    work: WorkBudget | None = None,
    *,
    rights: CallerRights = _ALL_RIGHTS,
    rules: FieldRules = NO_RULES,
) -> Executable:
    """Prepare the plan of `operation` for execution.

    `api_schema` is the schema of the client's view, against which the operation is
    valid. Types and values of `declared` that it lacks are hidden from clients. The
    plan is without the refused fields of `rights`. `rules` are those of the view for
    fields. Raises the errors of `work`.
    """
    shape = OperationShape(operation, api_schema, declared, rights.refused, rules)
    if shape.is_fixed:
        shape.make({}, work or WorkBudget())
    return Executable(
        plan=plan,
        code=Code(interpreter(plan), shape),
        shape=shape,
        is_restricted=rights.is_restricted,
        is_partial=bool(rights.refused),
        is_conditional=rights.is_conditional,
    )
