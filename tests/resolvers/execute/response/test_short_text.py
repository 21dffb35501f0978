"""Texts are cut where a person would cut them, and never inside a character."""

from functools import partial

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from tests.support.growth import LINEAR, Sizes, growth_exponent
from weir.resolvers.execute.response.short_text import shortened

FAMILY = "\U0001f468‍\U0001f469‍\U0001f467"
E_ACUTE = "é"


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("", 1, ""),
        ("short", 5, "short"),
        ("shorter", 5, "shor…"),
        ("one two three", 8, "one two…"),
        ("one two three", 9, "one two…"),
        ("one two, three", 10, "one two,…"),
        ("a incomprehensibilities", 10, "a incompr…"),
        ("don't stop", 8, "don't…"),
        (FAMILY * 5, 3, FAMILY * 2 + "…"),
        (E_ACUTE * 4, 4, E_ACUTE * 4),
        (E_ACUTE * 5, 4, E_ACUTE * 3 + "…"),
        ("漢字仮名交じり文", 4, "漢字仮…"),
        ("a b", 1, "…"),
    ],
)
def test_a_long_text_ends_at_a_word_with_an_ellipsis(
    text: str, most: int, expected: str
) -> None:
    assert shortened(text, most) == expected


def graphemes(text: str) -> list[str]:
    return regex.findall(r"\X", text)


@given(st.text(), st.integers(1, 30))
def test_a_text_is_cut_between_characters_alone(text: str, most: int) -> None:
    short = shortened(text, most)

    whole = graphemes(text)
    assert (short == text) == (len(whole) <= most) or short == text
    if short != text:
        kept = short.removesuffix("…")
        assert len(graphemes(kept)) < most
        assert graphemes(kept) == whole[: len(graphemes(kept))]


FLAG = "\U0001f1e6"


@pytest.mark.parametrize("unit", [FLAG, FAMILY, "word ", "x", "a" + "\u0301" * 9, "1,"])
@pytest.mark.parametrize("most", [255, 256, 257, 700])
def test_a_long_text_is_cut_in_parts_as_it_is_as_a_whole(unit: str, most: int) -> None:
    text = unit * 2000

    short = shortened(text, most)

    whole = graphemes(text[:20_000])
    kept = graphemes(short.removesuffix("…"))
    assert kept == whole[: len(kept)]
    assert most // 2 - 1 <= len(kept) < most


def test_flags_are_cut_in_linear_time() -> None:
    text = FLAG * 200_000
    sizes = Sizes(smallest=1000, doublings=4, runs=3)

    exponent = growth_exponent(partial(shortened, text), lambda most: most, sizes)

    assert exponent <= LINEAR
