"""A type needs a definition in one of the subgraphs, whatever its kind."""

import pytest

from tests.support.outcomes import codes_of
from weir.schema import Code

QUERY = "type Query { q: Int } "
FED1 = "# federation 1\n"
BODIES = {
    "type": "{ x: Int }",
    "interface": "{ x: Int }",
    "input": "{ x: Int }",
    "enum": "{ A }",
    "union": "= M",
    "scalar": '@tag(name: "t")',
}


def sdl(kind: str) -> str:
    return f"{kind} T {BODIES[kind]}" + " type M { x: Int }" * (kind == "union")


@pytest.mark.parametrize("first", ["", FED1])
@pytest.mark.parametrize("second", ["", FED1])
@pytest.mark.parametrize("kind", BODIES)
def test_an_extension_needs_a_definition(kind: str, first: str, second: str) -> None:
    extended = f"{second}extend {sdl(kind)}"

    assert codes_of({"a": first + QUERY, "b": extended}) == [
        Code.EXTENSION_WITH_NO_BASE
    ]


@pytest.mark.parametrize("kind", ["enum", "union", "input"])
def test_a_definition_in_any_subgraph_is_enough(kind: str) -> None:
    defined = f"{FED1}{QUERY}{sdl(kind)}".replace("M", "N").replace("A", "B")

    assert Code.EXTENSION_WITH_NO_BASE not in codes_of(
        {"a": defined, "b": f"{FED1}extend {sdl(kind)}"}
    )


@pytest.mark.parametrize(
    ("a", "b", "codes"),
    [
        ("type", "extend interface", [Code.TYPE_KIND_MISMATCH]),
        ("interface", "extend enum", [Code.TYPE_KIND_MISMATCH]),
        (
            "extend type",
            "enum",
            [Code.TYPE_KIND_MISMATCH, Code.EXTENSION_WITH_NO_BASE],
        ),
        (
            "extend type",
            "extend scalar",
            [Code.TYPE_KIND_MISMATCH, Code.EXTENSION_WITH_NO_BASE],
        ),
    ],
)
def test_of_different_kinds_the_first_needs_a_definition(
    a: str, b: str, codes: list[Code]
) -> None:
    of_kind = {
        "a": f"{QUERY}{a} T {BODIES[a.rsplit(maxsplit=1)[-1]]}",
        "b": f"{b} T {BODIES[b.rsplit(maxsplit=1)[-1]]}",
    }

    assert codes_of(of_kind) == codes
