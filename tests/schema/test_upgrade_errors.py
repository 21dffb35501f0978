"""The errors of federation 1 subgraphs are reported together."""

from tests.support.outcomes import codes_of
from weir.schema import Code


def test_an_error_of_an_upgrade_does_not_hide_those_of_other_subgraphs() -> None:
    unused = "# federation 1\ntype T { f: Int @external } type Query { t: T }"
    unknown = (
        '# federation 1\ntype P @key(fields: "id") { id: ID! }'
        ' type Query { p: P @provides(fields: "missing") }'
    )

    assert codes_of({"a": unused, "b": unknown}) == [
        Code.TYPE_WITH_ONLY_UNUSED_EXTERNAL,
        Code.PROVIDES_INVALID_FIELDS,
    ]
