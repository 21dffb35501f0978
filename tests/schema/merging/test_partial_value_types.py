"""The hint about a field that some subgraphs with its value type lack."""

import pytest

from tests.support.outcomes import composition_of
from weir.schema import Composed

WHOLE = (
    'type B @key(fields: "id") { id: ID! a: A }'
    " type A @shareable { x: Int y: Int z: Int }"
)
REQUIRING = (
    'type B @key(fields: "id")'
    ' { id: ID! a: A @external r: Int @requires(fields: "a { x }") } '
)


@pytest.mark.parametrize(
    ("external", "is_hinted"),
    [
        ("type A { x: Int @external }", False),
        ("type A @external { x: Int }", False),
        ("type A { x: Int @external z: Int @shareable }", True),
    ],
)
def test_a_subgraph_that_resolves_no_field_of_a_type_lacks_none(
    external: str, *, is_hinted: bool
) -> None:
    composed = composition_of(
        {"a": f"type Query {{ b: B }} {WHOLE}", "b": REQUIRING + external}
    )

    assert isinstance(composed, Composed)
    hints = {each.code for each in composed.hints}
    assert ("INCONSISTENT_OBJECT_VALUE_TYPE_FIELD" in hints) is is_hinted
