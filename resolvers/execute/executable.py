"""A plan made ready to run: everything that needs doing once per operation."""

from dataclasses import dataclass

from graphql import GraphQLSchema

from weir.resolvers.execute.interpreter import interpreter
from weir.resolvers.execute.program import Program
from weir.resolvers.execute.response_shape import Declared, OperationShape
from weir.resolvers.operation.operation import Operation
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.plan.model.nodes import Plan


@dataclass(frozen=True, slots=True)
class Executable:
    """A plan, the program that runs it, and the shape of its response.

    All requests share it.
    """

    plan: Plan
    program: Program
    shape: OperationShape


def build_executable(
    operation: Operation,
    plan: Plan,
    api_schema: GraphQLSchema,
    declared: Declared,
    work: WorkBudget | None = None,
) -> Executable:
    """Make the plan of `operation` ready to run.

    `api_schema` is the schema of the client's view, against which the operation is
    valid. What it lacks of `declared` is hidden from clients. Raises the errors of
    `work`.
    """
    shape = OperationShape(operation, api_schema, declared)
    if shape.is_fixed:
        shape.make({}, work or WorkBudget())
    return Executable(plan=plan, program=interpreter(plan), shape=shape)
