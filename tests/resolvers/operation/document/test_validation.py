"""Validation errors: messages with suggestions, bounded in number and length."""

import pytest
from graphql import build_schema, parse

from tests.support import hostile_documents
from weir.resolvers.operation.document.validation import validate_operation
from weir.resolvers.operation.errors import LimitExceeded, ValidationFailed

SCHEMA = build_schema("""
  directive @tagged(reason: String) on FIELD
  enum Colour { RED OCHRE }
  input Filter { year: Int nested: Filter colour: Colour }
  interface Node { id: ID }
  type Book implements Node { id: ID title: String pages(first: Int): Int }
  type Film implements Node { id: ID title: String }
  union Work = Book | Film
  type Query { book(filter: Filter, colour: Colour): Book node: Node work: Work }
""")


def messages(text: str) -> list[str]:
    with pytest.raises(ValidationFailed) as refused:
        validate_operation(parse(text), SCHEMA)
    return [each["message"] for each in refused.value.errors]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{ boook { id } }",
            "Cannot query field 'boook' on type 'Query'. "
            "Did you mean 'book' or 'work'?",
        ),
        (
            "{ node { title } }",
            "Cannot query field 'title' on type 'Node'. "
            "Did you mean to use an inline fragment on 'Book' or 'Film'?",
        ),
        (
            "{ work { pages } }",
            "Cannot query field 'pages' on type 'Work'. "
            "Did you mean to use an inline fragment on 'Book'?",
        ),
        (
            "{ node { ... on Boook { id } } }",
            "Unknown type 'Boook'. Did you mean 'Book' or 'Work'?",
        ),
        (
            "{ book { pages(frist: 1) } }",
            "Unknown argument 'frist' on field 'Book.pages'. Did you mean 'first'?",
        ),
        (
            '{ book { id } __type(nmae: "Book", name: "Book") { name } }',
            "Unknown argument 'nmae' on field 'Query.__type'. Did you mean 'name'?",
        ),
        (
            "{ book { id @tagged(raeson: null) } }",
            "Unknown argument 'raeson' on directive '@tagged'. Did you mean 'reason'?",
        ),
        (
            "{ book(colour: OCRE) { id } }",
            "Value 'OCRE' does not exist in 'Colour' enum. Did you mean 'OCHRE'?",
        ),
        (
            '{ book(colour: "OCHRE") { id } }',
            "Enum 'Colour' cannot represent non-enum value: \"OCHRE\". "
            "Did you mean 'OCHRE'?",
        ),
        (
            "{ book(filter: {yaer: 1}) { id } }",
            "Expected value of type 'Filter' not to include unknown field 'yaer', "
            "found: { yaer: 1 }. Did you mean 'year'?",
        ),
        (
            "{ nothing_like_it }",
            "Cannot query field 'nothing_like_it' on type 'Query'.",
        ),
        ("{ work { x } }", "Cannot query field 'x' on type 'Work'."),
    ],
)
def test_an_error_suggests_what_may_be_meant(text: str, message: str) -> None:
    assert messages(text) == [message]


def test_only_the_first_errors_get_a_suggestion() -> None:
    found = messages("{ boook { id } bookk { id } bbook { id } boock { id } }")

    assert ["Did you mean" in each for each in found] == [True, True, True, False]


def test_errors_are_bounded_in_number_and_length_and_locations() -> None:
    many = messages(f"{{ {' '.join(f'{chr(97 + n)}x' for n in range(26))} }}")
    (long,) = messages(f"{{ {'x' * 5_000} }}")
    with pytest.raises(ValidationFailed) as refused:
        validate_operation(
            parse(hostile_documents.one_variable_declared_often(1_000)), SCHEMA
        )

    assert len(many) == 21
    assert many[-1].startswith("Too many validation errors")
    assert len(long) < 600
    assert len(refused.value.errors[0]["locations"]) == 10


def test_a_document_beyond_the_budget_of_graphql_core_is_rejected_for_its_cost() -> (
    None
):
    document = parse(hostile_documents.fragments_side_by_side(800))

    with pytest.raises(LimitExceeded, match="too many steps to validate"):
        validate_operation(document, hostile_documents.SCHEMA)


ONE_OF = build_schema(
    """
    type Query { find(by: By, all: [By!], sure: By! = {id: 1}): Int }
    input By @oneOf { id: ID, name: String, nested: By }
    """
)


@pytest.mark.parametrize(
    "text",
    [
        "query ($c: ID) { find(by: {id: $c}) }",
        "query ($c: ID = 1) { find(by: {id: $c}) }",
        "query ($c: ID) { find(all: [{id: $c}]) }",
        "query ($c: ID) { find(sure: {id: $c}) }",
        "query ($c: ID) { find(by: {nested: {id: $c}}) }",
        "query ($c: ID) { ...f } fragment f on Query { find(by: {id: $c}) }",
    ],
)
def test_a_variable_in_a_one_of_position_is_not_nullable(text: str) -> None:
    # GraphQL September 2025, 5.8.5.
    with pytest.raises(ValidationFailed, match="must be non-nullable"):
        validate_operation(parse(text), ONE_OF)


def test_a_variable_that_is_not_null_is_valid_in_a_one_of_position() -> None:
    validate_operation(parse("query ($c: ID!) { find(by: {id: $c}) }"), ONE_OF)
