import pytest
from graphql import build_schema

from weir.resolvers.operation import OperationRejected, prepare
from weir.resolvers.operation.errors import OperationNotFound, ValidationFailed
from weir.resolvers.operation.fields import Field

SCHEMA = build_schema(
    """
    type Query { me: User node: Node any: Any find(by: Int, q: Q): User }
    type Mutation { add(n: Int): Int }
    interface Node { id: ID! name: String }
    type User implements Node { id: ID! name: String friends: [User] }
    type Team implements Node { id: ID! name: String members: [User] }
    union Any = User | Team
    input Q { a: Int b: Int }
    """
)


def shown(fields: tuple[Field, ...]) -> str:
    return " ".join(_shown(each) for each in fields)


def _shown(each: Field) -> str:
    types = "|".join(sorted(each.types))
    when = f" if {each.condition}" if each.condition else ""
    inner = f" {{ {shown(each.fields)} }}" if each.fields else ""
    return f"{types}.{each.key}{when}{inner}"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("{ me { name id: name } }", "Query.me { User.name }"),
        ("{ a: me { id } b: me { name } }", "Query.me { User.id User.name }"),
        (
            "{ node { name ... on User { name id } } }",
            "Query.node { Team|User.name User.id }",
        ),
        (
            "{ any { ... on Node { id } ... on Team { name } } }",
            "Query.any { Team|User.id Team.name }",
        ),
        (
            "{ any { ... on User { ... on Node { ... on Team { id } id } } } }",
            "Query.any { User.id }",
        ),
        (
            "{ me { ...F ...F } } fragment F on User { friends { id } }",
            "Query.me { User.friends { User.id } }",
        ),
        (
            "{ me { id @skip(if: true) name @include(if: true) } }",
            "Query.me { User.name }",
        ),
        (
            "query ($a: Boolean!) { me { id @include(if: $a) id name @skip(if: $a) } }",
            "Query.me { User.id User.name if ((('a', False),),) }",
        ),
        (
            "query ($a: Boolean!) { ... @include(if: $a) { me { id } } }",
            "Query.me if ((('a', True),),) { User.id if ((('a', True),),) }",
        ),
        ("{ __typename __schema { queryType { name } } }", ""),
    ],
)
def test_a_selection_is_normalised_once_per_type(text: str, normal: str) -> None:
    assert shown(prepare(text, None, SCHEMA).fields) == normal


def test_fields_differ_by_their_arguments_in_any_order_and_under_any_alias() -> None:
    text = (
        "{ x: find(by: 1, q: {a: 1, b: 2}) { id } "
        "y: find(q: {b: 2, a: 1}, by: 1) { id } }"
    )
    other = "{ x: find(by: 1) { id } y: find(by: 2) { id } }"

    assert len(prepare(text, None, SCHEMA).fields) == 1
    assert len(prepare(other, None, SCHEMA).fields) == 2


def test_a_mutation_s_root_fields_are_not_merged() -> None:
    operation = prepare("mutation { a: add(n: 1) b: add(n: 1) }", None, SCHEMA)

    assert [each.key for each in operation.fields] == ["a", "b"]


def test_introspection_is_left_out_and_flagged() -> None:
    assert prepare(
        '{ __type(name: "User") { name } me { id } }', None, SCHEMA
    ).introspects
    assert not prepare("{ __typename me { id } }", None, SCHEMA).introspects


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("query A { me { id } }", "B"),
        ("query A { me { id } } query B { me { id } }", None),
    ],
)
def test_an_operation_must_be_named_unless_it_is_the_only_one(
    text: str, name: str | None
) -> None:
    with pytest.raises(OperationNotFound):
        prepare(text, name, SCHEMA)


def test_the_named_operation_is_chosen() -> None:
    text = "query A { me { id } } query B { me { name } }"

    assert shown(prepare(text, "B", SCHEMA).fields) == "Query.me { User.name }"


@pytest.mark.parametrize(
    "text",
    [
        "{ nothing }",
        "{ me }",
        "subscription { me { id } }",
        "{ me { id } } { me { id } }",
    ],
)
def test_a_document_that_is_invalid_for_the_schema_is_rejected_with_a_location(
    text: str,
) -> None:
    with pytest.raises(OperationRejected) as refused:
        prepare(text, None, SCHEMA)

    assert isinstance(refused.value, ValidationFailed)
    assert refused.value.errors[0]["locations"]
    assert refused.value.errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
