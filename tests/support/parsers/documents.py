"""The lexer, the limits, the validation and the normalisation of documents."""

from collections.abc import Callable
from typing import Final

from graphql import DocumentNode, parse

from tests.support import hostile_documents as documents
from tests.support.growth import SMALL, Growing, Sizes
from tests.support.hostile_documents import Family
from tests.support.parsers.refusable import refusable
from weir.resolvers.operation.document.limits import (
    DEFAULT_LIMITS,
    OperationLimits,
    check_limits,
)
from weir.resolvers.operation.document.parsing import parse_operation
from weir.resolvers.operation.document.validation import validate_operation
from weir.resolvers.operation.operation import normalise

ANY_SIZE: Final = 10**9
LONG: Final = OperationLimits(size_bytes=ANY_SIZE, tokens=ANY_SIZE)


def lexed(text_of: Callable[[int], str]) -> Growing:
    return Growing(
        refusable(lambda text: parse_operation(text, LONG)),
        text_of,
        Sizes(16),
        SMALL,
    )


def limited(family: Family) -> Growing:
    def check(document: DocumentNode) -> None:
        check_limits(document, DEFAULT_LIMITS)

    return Growing(refusable(check), lambda n: parse(family(n)), SMALL, SMALL)


def validated(family: Family) -> Growing:
    def validate(document: DocumentNode) -> None:
        validate_operation(document, documents.SCHEMA)

    return Growing(refusable(validate), lambda n: parse(family(n)), SMALL, SMALL)


def normalised(family: Family) -> Growing:
    def run(document: DocumentNode) -> None:
        normalise(document, None, documents.SCHEMA)

    return Growing(refusable(run), lambda n: parse(family(n)), Sizes(8), SMALL)


DOCUMENTS: Final[dict[str, Growing]] = {
    "lexer: fields": lexed(documents.fields),
    "lexer: a comment": lexed(lambda n: f"# {'x' * n}\n{{ a }}"),
    "lexer: a string": lexed(lambda n: f'{{ s(x: "{"x" * n}") }}'),
    "lexer: escapes": lexed(lambda n: f'{{ s(x: "{(chr(92) + "u0041") * n}") }}'),
    "lexer: a block string": lexed(
        lambda n: f'{{ s(x: """{(chr(10) + " x") * n}""") }}'
    ),
    "lexer: digits": lexed(lambda n: f"{{ l(x: {'9' * n}) }}"),
    "lexer: not closed": lexed(lambda n: "{ a" * n),
    "limits: fragments that double": limited(documents.doubling_fragments),
    "limits: operations through fragments": limited(
        documents.operations_with_fragment_chains
    ),
    "limits: fragments side by side": limited(documents.fragments_side_by_side),
    "limits: a cycle of fragments": limited(documents.fragment_cycle),
    "limits: directives": limited(documents.directives),
    "validation: unused fragments": validated(documents.unused_fragments),
    "validation: literals": validated(documents.literal),
    "validation: unknown fields": validated(documents.unknown_fields),
    "validation: unknown types": validated(documents.unknown_types),
    "validation: variables": validated(documents.declared_variables),
    "normalisation: fields": normalised(documents.fields),
    "normalisation: literals": normalised(documents.literal),
    "normalisation: directives": normalised(documents.directives),
}
