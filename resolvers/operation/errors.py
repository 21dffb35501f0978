"""The errors of operations that are rejected before planning."""

from collections.abc import Iterable
from typing import Literal, TypeAlias

from graphql import GraphQLError

from weir.gateway.errors import Fault, WeirError
from weir.gateway.json_types import JSONObject

Measured: TypeAlias = Literal[
    "bytes",
    "tokens",
    "levels",
    "levels in a value",
    "levels in a type",
    "nested selection sets",
    "fields",
    "aliases",
    "fragments",
    "tokens with fragments written out",
    "characters with fragments written out",
    "fields with one response name",
    "fields to compare",
    "fragments to compare",
    "steps to validate",
    "steps to prepare",
]

_SHOWN_CHARACTERS = 500
_SHOWN_LOCATIONS = 10


class OperationRejected(WeirError):
    """A document that is not executed; `errors` are the GraphQL errors to return."""

    def __init__(self, errors: Iterable[GraphQLError]) -> None:
        self.errors: tuple[JSONObject, ...] = tuple(
            _formatted(error, self.row.code) for error in errors
        )
        super().__init__(" ".join(str(error["message"]) for error in self.errors))


class ParseFailed(
    OperationRejected,
    code="GRAPHQL_PARSE_FAILED",
    fault=Fault.CLIENT,
    status=400,
    title="The document has a syntax error.",
): ...


class LimitExceeded(
    OperationRejected,
    code="GRAPHQL_LIMIT_EXCEEDED",
    fault=Fault.CLIENT,
    status=400,
    title="The document exceeds a limit.",
):
    """A document above a limit that protects other clients."""

    def __init__(self, what: Measured, found: int, limit: int) -> None:
        many = f"{found} {what}" if found else f"too many {what}"
        message = f"The document has {many}; {limit} are allowed."
        super().__init__([GraphQLError(message)])
        self.what: Measured = what
        self.found = found
        self.limit = limit


class ValidationFailed(
    OperationRejected,
    code="GRAPHQL_VALIDATION_FAILED",
    fault=Fault.CLIENT,
    status=400,
    title="The document is not valid for the schema.",
): ...


class OperationNotFound(
    OperationRejected,
    code="GRAPHQL_UNKNOWN_OPERATION_NAME",
    fault=Fault.CLIENT,
    status=400,
    title="The document has no operation with this name.",
):
    """A document without an operation of this name, or with several and no name."""

    def __init__(self, name: str | None) -> None:
        message = (
            f'There is no operation named "{name}".'
            if name
            else "The document has several operations; operationName must name one."
        )
        super().__init__([GraphQLError(message)])


def _formatted(error: GraphQLError, code: str) -> JSONObject:
    """Return the error as JSON, with a message of bounded length."""
    cut = error.message[:_SHOWN_CHARACTERS]
    message = cut if cut == error.message else f"{cut}..."
    formatted: JSONObject = {"message": message, "extensions": {"code": code}}
    if error.locations:
        formatted["locations"] = [
            {"line": location.line, "column": location.column}
            for location in error.locations[:_SHOWN_LOCATIONS]
        ]
    return formatted
