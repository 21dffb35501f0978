"""Hints are about what can be improved, and not about what is as it must be."""

import pytest

from tests.support.outcomes import composition_of
from weir.schema import Composed

QUERY = "type Query { q: Int } "
TYPE = 'type T @key(fields: "id") {{ id: ID! {} }} '
TAKEN = TYPE.format('f: Int @shareable @override(from: "a")')
NEEDLESS, OVERRIDDEN = "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED", "OVERRIDDEN_FIELD_CAN_BE_"


def hints(**subgraphs: str) -> set[str]:
    composed = composition_of(subgraphs)
    assert isinstance(composed, Composed)
    return {each.code for each in composed.hints}


@pytest.mark.parametrize(
    ("origin", "is_needless"),
    [
        (TYPE.format("f: Int"), False),
        (TYPE.format(""), True),
        ("", True),
        (TYPE.format('f: Int @external r: Int @requires(fields: "f")'), True),
    ],
)
def test_an_override_of_a_field_that_is_gone_can_be_removed(
    origin: str, *, is_needless: bool
) -> None:
    found = hints(a=QUERY + origin, b=TAKEN)

    assert (NEEDLESS in found) is is_needless
    assert (f"{OVERRIDDEN}REMOVED" in found) is not is_needless


@pytest.mark.parametrize("kind", ["interface I", "type I"])
def test_only_an_object_has_to_be_an_entity_everywhere(kind: str) -> None:
    implementation = ' type A implements I @key(fields: "id") { id: ID! }'
    is_interface = kind.startswith("interface")
    rest = implementation if is_interface else ""
    without = "{ id: ID! }" if is_interface else "{ id: ID! @shareable }"

    found = hints(
        a=f'{QUERY} {kind} @key(fields: "id") {{ id: ID! }} {rest}',
        b=f"{kind} {without} {rest}",
    )

    assert ("INCONSISTENT_ENTITY" in found) is not is_interface
