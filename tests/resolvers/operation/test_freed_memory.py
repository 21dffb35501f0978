"""Documents are freed at once, without the garbage collector, during which all wait."""

import gc
from collections.abc import Iterator
from contextlib import suppress

import pytest
from graphql import FieldNode, Location, Token, build_schema

from tests.support.freeing import uncollected
from weir.resolvers.operation.errors import OperationRejected
from weir.resolvers.operation.operation import prepare

SCHEMA = build_schema("type Query { a: Int n: Query }")


@pytest.fixture(autouse=True)
def _uncollected() -> Iterator[None]:
    with uncollected():
        yield


def living(*types: type) -> int:
    return sum(isinstance(each, types) for each in gc.get_objects())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{ n { a b: a } }", id="valid"),
        pytest.param("{ n { a b: a } ", id="syntax error"),
        pytest.param("{ unknown n { unknown { a } } }", id="invalid"),
        pytest.param("{ n { a } a @skip(if: $v) } query Q { n { a } }", id="variables"),
        pytest.param("{ " + "n { " * 60 + "a" + " }" * 61, id="too deep"),
    ],
)
def test_a_document_is_freed_with_its_operation(text: str) -> None:
    before = living(FieldNode, Location, Token)

    with suppress(OperationRejected):
        prepare(text, None, SCHEMA)

    assert living(FieldNode, Location, Token) == before


def test_an_operation_does_not_keep_the_tokens_of_its_text() -> None:
    before = living(Token)

    operation = prepare("{ n { a b: a } }", None, SCHEMA)

    assert living(Token) == before
    assert operation.definition.loc is not None
    assert operation.definition.loc.end == 16
