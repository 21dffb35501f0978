"""A change is breaking, dangerous or safe for the clients of an API schema."""

import pytest
from graphql import build_schema, parse

from weir.schema.diff import Severity, broken_operations, diff

OLD = """
type Query { product(id: ID!): Product  order: Order }
type Product { id: ID!  name: String  size: Size }
enum Size { S M }
union Order = Product
input Filter { name: String }
"""

CHANGES = {
    "field removed": ("name: String  size", "size", Severity.BREAKING),
    "field type changed": ("name: String", "name: Int", Severity.BREAKING),
    "field became nullable": ("Product { id: ID!", "Product { id: ID", "breaking"),
    "argument required": ("(id: ID!)", "(id: ID!, in: ID!)", Severity.BREAKING),
    "enum value removed": ("S M", "S", Severity.BREAKING),
    "enum value added": ("S M", "S M L", Severity.DANGEROUS),
    "union member added": ("= Product", "= Product | Query", Severity.DANGEROUS),
    "optional input field": (
        "{ name: String }",
        "{ name: String x: Int }",
        "dangerous",
    ),
    "field added": ("size: Size }", "size: Size  weight: Int }", Severity.SAFE),
    "field became required": ("name: String", "name: String!", None),
    "type added": ("input Filter", "scalar Date input Filter", Severity.SAFE),
    "field deprecated": ("name: String", "name: String @deprecated", Severity.SAFE),
    "described": ("name: String", '"the name" name: String', Severity.SAFE),
}


@pytest.mark.parametrize(
    ("before", "after", "severity"), CHANGES.values(), ids=CHANGES.keys()
)
def test_a_change_has_its_severity(
    before: str, after: str, severity: Severity | None
) -> None:
    changed = build_schema(OLD.replace(before, after, 1))

    changes = diff(build_schema(OLD), changed)

    assert {each.severity for each in changes} == ({severity} if severity else set())


def test_equal_schemas_do_not_differ() -> None:
    assert diff(build_schema(OLD), build_schema(OLD)) == ()


@pytest.mark.parametrize(("before", "after"), [("Int", "Float"), ("Float", "Int")])
def test_a_built_in_scalar_is_neither_added_nor_removed(
    before: str, after: str
) -> None:
    old = build_schema(f"type Query {{ a: {before} }}")
    new = build_schema(f"type Query {{ a: {after} }}")

    assert [each.kind for each in diff(old, new)] == ["FIELD_CHANGED_KIND"]


def test_the_fields_of_an_added_type_are_not_listed_as_changes() -> None:
    added = build_schema(f"{OLD} type Shop {{ id: ID! name: String }}")

    assert [str(each) for each in diff(build_schema(OLD), added)] == [
        "safe: type Shop was added"
    ]


def test_a_breaking_change_names_the_operations_it_breaks() -> None:
    changed = build_schema(OLD.replace("name: String  size", "size"))
    operations = {
        "Sizes": parse('{ product(id: "1") { size } }'),
        "Names": parse('{ product(id: "1") { name } }'),
    }

    broken = broken_operations(changed, operations)

    assert list(broken) == ["Names"]
    assert "Cannot query field 'name'" in broken["Names"][0]
