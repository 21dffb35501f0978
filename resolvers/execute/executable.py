"""A plan made ready to run: everything that needs doing once per operation."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import GraphQLSchema

from weir.resolvers.execute.interpreter import interpreter
from weir.resolvers.execute.program import Program
from weir.resolvers.execute.response_shape import Declared, OperationShape
from weir.resolvers.operation.operation import Operation
from weir.resolvers.operation.refusals import NOTHING_REFUSED, Refusal
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.plan.model.nodes import Plan


@dataclass(frozen=True, slots=True)
class Executable:
    """A plan, the program that runs it, and the shape of its response.

    All requests share it that may select the same fields. If `is_restricted`, others
    may not.
    """

    plan: Plan
    program: Program
    shape: OperationShape
    is_restricted: bool = False


def build_executable(
    operation: Operation,
    plan: Plan,
    api_schema: GraphQLSchema,
    declared: Declared,
    work: WorkBudget | None = None,
    *,
    refused: Mapping[int, Refusal] = NOTHING_REFUSED,
    is_restricted: bool = False,
) -> Executable:
    """Make the plan of `operation` ready to run.

    `api_schema` is the schema of the client's view, against which the operation is
    valid. What it lacks of `declared` is hidden from clients. The plan is without the
    `refused` fields, which are null, by the identity of their nodes. Raises the errors
    of `work`.
    """
    shape = OperationShape(operation, api_schema, declared, refused)
    if shape.is_fixed:
        shape.make({}, work or WorkBudget())
    return Executable(
        plan=plan,
        program=interpreter(plan),
        shape=shape,
        is_restricted=is_restricted,
    )
