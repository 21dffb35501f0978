"""A plan made ready to run: everything that needs doing once per operation."""

from dataclasses import dataclass

from graphql import GraphQLSchema

from resolvers.execute.shape import OperationShape
from resolvers.execute.step import Step, prepare
from resolvers.operation.operation import Operation
from resolvers.plan.nodes import Plan


@dataclass(frozen=True, slots=True)
class Executable:
    """A plan with its steps and the shape of its answer; shared by all requests.

    `is_linear` says that no two of its steps can ever run side by side.
    `shares_entities` says that objects may share what is below them.
    """

    plan: Plan
    shape: OperationShape
    steps: tuple[Step, ...]
    is_linear: bool
    shares_entities: bool


def build_executable(
    operation: Operation, plan: Plan, api_schema: GraphQLSchema
) -> Executable:
    """Make the plan of `operation` ready to run.

    `api_schema` is the schema of the client's view, against which the operation is
    valid.
    """
    steps = prepare(plan.fetches)
    return Executable(
        plan=plan,
        shape=OperationShape(operation, api_schema),
        steps=steps,
        is_linear=sum(not step.parents for step in steps) <= 1
        and all(len(step.children) <= 1 for step in steps),
        # Below entities that differ by their ancestors nothing may be shared.
        shares_entities=not any(
            entities.contexts for step in steps for entities in step.fetch.entities
        ),
    )
