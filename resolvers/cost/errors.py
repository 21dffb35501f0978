"""The errors of operations that are rejected for their cost."""

from graphql import GraphQLError

from weir.gateway.errors import Fault
from weir.resolvers.cost.lengths import RequiredSlice
from weir.resolvers.operation.errors import OperationRejected


class TooExpensive(
    OperationRejected,
    code="COST_ESTIMATED_TOO_EXPENSIVE",
    fault=Fault.CLIENT,
    status=400,
    title="The estimated cost of the operation exceeds the limit.",
):
    """An operation that may cost more than allowed; no service was called.

    With the name of a subgraph, it is about the part of the operation there.
    """

    def __init__(
        self,
        subgraph: str,
        estimated: int,
        maximum: int,
        dearest: list[tuple[str, int]],
    ) -> None:
        listed = ", ".join(f"{path} {cost}" for path, cost in dearest)
        place = f' in the subgraph "{subgraph}"' if subgraph else ""
        message = (
            f"The operation is estimated to cost {estimated}{place}; {maximum} is "
            f"allowed. The dearest fields: {listed}."
        )
        super().__init__([GraphQLError(message)])


class SlicingArgumentRequired(
    OperationRejected,
    code="COST_SLICING_ARGUMENT_REQUIRED",
    fault=Fault.CLIENT,
    status=400,
    title="A list needs an argument that limits its length.",
):
    """A list whose length cannot be estimated, because of its arguments."""

    def __init__(self, missing: list[tuple[RequiredSlice, int]]) -> None:
        super().__init__(
            GraphQLError(
                f'The field "{each.field}" needs exactly one of the arguments '
                f"{', '.join(each.names)}; it has {given}."
            )
            for each, given in missing
        )
