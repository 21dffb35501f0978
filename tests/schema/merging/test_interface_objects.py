"""Errors of interface objects are reported beside those of fields."""

import pytest

from tests.support.outcomes import codes_of, composition_of
from weir.schema import Code, Rejected

INTERFACE = (
    'interface I @key(fields: "id") { id: ID! x: Int }'
    ' type T implements I @key(fields: "id") { id: ID! x: Int }'
    " type Query { i: I }"
)
OBJECT = 'type I @interfaceObject @key(fields: "id") { id: ID! %s }'
KNOWN = ' type T @key(fields: "id") { id: ID! }'


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ("y: Int", []),
        ("x: Int", [Code.INVALID_FIELD_SHARING]),
        (
            'x: Int @override(from: "a")',
            [
                Code.OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE,
                Code.INVALID_FIELD_SHARING,
            ],
        ),
    ],
)
def test_an_implementation_beside_the_interface_object_is_one_more_error(
    fields: str, codes: list[Code]
) -> None:
    alone = {"a": INTERFACE, "b": OBJECT % fields}
    beside = {"a": INTERFACE, "b": OBJECT % fields, "c": OBJECT % "z: Int" + KNOWN}

    assert codes_of(alone) == codes
    assert codes_of(beside) == [Code.INTERFACE_OBJECT_USAGE_ERROR, *codes]


def test_the_error_of_a_shared_field_names_the_interface_object() -> None:
    rejected = composition_of({"a": INTERFACE, "b": OBJECT % "x: Int"})

    assert isinstance(rejected, Rejected)
    assert rejected.errors[0].message == (
        'Non-shareable field "T.x" is resolved from multiple subgraphs: it is resolved'
        ' from subgraphs "a" and "b" (through @interfaceObject field "I.x") and defined'
        " as non-shareable in all of them"
    )
