"""Why a client's operation is refused before anything is planned.

OperationRefused              carries GraphQL errors, with their locations
+-- ParseFailed               not GraphQL
+-- LimitExceeded             larger or more repetitive than allowed
+-- ValidationFailed          not an operation of this schema
+-- OperationNotFound         no operation of that name, or several and no name
"""

from collections.abc import Iterable
from typing import ClassVar, Literal, TypeAlias

from graphql import GraphQLError

from gateway.errors import ErrorRow, Fault, WeirError
from resolvers.json_types import JSONObject

Measured: TypeAlias = Literal[
    "bytes",
    "tokens",
    "levels",
    "levels in a value",
    "levels in a type",
    "selection sets in each other",
    "fields",
    "aliases",
    "fragments",
    "tokens with fragments written out",
    "characters with fragments written out",
    "fields of one name",
    "fields to compare",
    "fragments to compare",
    "steps to validate",
    "steps to normalise",
]

_SHOWN_CHARACTERS = 500
_SHOWN_LOCATIONS = 10


def _row(code: str, message: str) -> ErrorRow:
    return ErrorRow(
        code=code, fault=Fault.CLIENT, status=400, retryable=False, message=message
    )


GRAPHQL_PARSE_FAILED = _row("GRAPHQL_PARSE_FAILED", "The document is not GraphQL.")
GRAPHQL_LIMIT_EXCEEDED = _row(
    "GRAPHQL_LIMIT_EXCEEDED", "The document is larger than allowed."
)
GRAPHQL_VALIDATION_FAILED = _row(
    "GRAPHQL_VALIDATION_FAILED", "The document does not fit the schema."
)
GRAPHQL_UNKNOWN_OPERATION_NAME = _row(
    "GRAPHQL_UNKNOWN_OPERATION_NAME", "The document has no such operation."
)


class OperationRefused(WeirError):
    """A document that is not executed; `errors` are GraphQL errors to answer with."""

    row: ClassVar[ErrorRow] = GRAPHQL_VALIDATION_FAILED

    def __init__(self, errors: Iterable[GraphQLError]) -> None:
        self.errors: tuple[JSONObject, ...] = tuple(
            _formatted(error, self.row.code) for error in errors
        )
        super().__init__(" ".join(str(error["message"]) for error in self.errors))


class ParseFailed(OperationRefused):
    """The document is not GraphQL."""

    row: ClassVar[ErrorRow] = GRAPHQL_PARSE_FAILED


class LimitExceeded(OperationRefused):
    """The document exceeds a limit that protects other clients."""

    row: ClassVar[ErrorRow] = GRAPHQL_LIMIT_EXCEEDED

    def __init__(self, what: Measured, found: int, limit: int) -> None:
        many = f"{found} {what}" if found else f"too many {what}"
        message = f"The document has {many}; {limit} are allowed."
        super().__init__([GraphQLError(message)])
        self.what = what
        self.limit = limit


class ValidationFailed(OperationRefused):
    """The document does not fit the schema."""

    row: ClassVar[ErrorRow] = GRAPHQL_VALIDATION_FAILED


class OperationNotFound(OperationRefused):
    """The document has no operation of this name, or needs a name."""

    row: ClassVar[ErrorRow] = GRAPHQL_UNKNOWN_OPERATION_NAME

    def __init__(self, name: str | None) -> None:
        message = (
            f'There is no operation named "{name}".'
            if name
            else "Say by operationName which of the document's operations is meant."
        )
        super().__init__([GraphQLError(message)])


def _formatted(error: GraphQLError, code: str) -> JSONObject:
    """Format an error; what it repeats of the document is cut to a readable length."""
    cut = error.message[:_SHOWN_CHARACTERS]
    message = cut if cut == error.message else f"{cut}..."
    formatted: JSONObject = {"message": message, "extensions": {"code": code}}
    if error.locations:
        formatted["locations"] = [
            {"line": location.line, "column": location.column}
            for location in error.locations[:_SHOWN_LOCATIONS]
        ]
    return formatted


ROWS: tuple[ErrorRow, ...] = (
    GRAPHQL_PARSE_FAILED,
    GRAPHQL_LIMIT_EXCEEDED,
    GRAPHQL_VALIDATION_FAILED,
    GRAPHQL_UNKNOWN_OPERATION_NAME,
)
