"""Texts are cut where a person would cut them, and never inside a character."""

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

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
