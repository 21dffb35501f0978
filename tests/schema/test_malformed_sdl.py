"""Each mistake in SDL is an error with a location, never a traceback."""

import random

import pytest

from tests.support.composing import check_mutant
from tests.support.composition_examples import SECTIONS, example
from weir.schema import Code, Rejected, Subgraph, compose

MALFORMED = {
    "empty": ("", 1, 1),
    "only a comment": ("# nothing", 1, 10),
    "unclosed": ("type Query { a: Int", 1, 20),
    "operation": ("query { a }", 1, 1),
    "bad character": ("type Query { a: ? }", 1, 17),
    "second line": ("type Query {\n  a: Nope\n}", 2, 6),
    "unknown directive": ("type Query { a: Int @nope }", 1, 21),
    "duplicate field": ("type Query {\n a: Int\n a: Int }", 2, 2),
    "nested lists": (f"type Query {{ a: {'[' * 90}Int{']' * 90} }}", 1, 80),
    "nested values": (
        f"type Query {{ a(b: Int = {'[' * 90}1{']' * 90}): Int }}",
        1,
        87,
    ),
}


@pytest.mark.parametrize(
    ("sdl", "line", "column"), MALFORMED.values(), ids=MALFORMED.keys()
)
def test_a_syntax_error_has_its_line_and_column(
    sdl: str, line: int, column: int
) -> None:
    composed = compose([Subgraph(name="a", sdl=sdl, file="a.graphql")])

    assert isinstance(composed, Rejected)
    error = composed.errors[0]
    assert error.code is Code.INVALID_GRAPHQL
    assert str(error.locations[0]) == f"a.graphql:{line}:{column}"


@pytest.mark.parametrize("seed", range(8))
def test_mutants_compose_or_are_refused_with_places(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - a fuzzer's dice
    codes = sorted(set(SECTIONS) - {Code.NO_QUERIES})

    for _ in range(60):
        check_mutant(example(rng.choice(codes)), rng)


def test_no_subgraphs_at_all_are_refused() -> None:
    assert isinstance(compose([]), Rejected)


def test_two_subgraphs_of_one_name_are_refused() -> None:
    twins = [Subgraph(name="a", sdl="type Query { a: Int }")] * 2

    composed = compose(twins)

    assert isinstance(composed, Rejected)
    assert composed.errors[0].code is Code.INVALID_SUBGRAPH_NAME
