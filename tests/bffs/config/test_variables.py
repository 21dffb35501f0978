"""References to environment variables, and how to write what looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.bffs.config.variables import escape, fill

VARIABLES = {"NAME": "value", "EMPTY": "", "NESTED": "${NAME}"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("a ${NAME} b ${NAME}", "a value b value"),
        ("${NAME:-other}", "value"),
        ("${OTHER:-a-b:c}", "a-b:c"),
        ("${EMPTY:-other}", "other"),
        ("${OTHER:-}", ""),
        ("${NESTED}", "${NAME}"),
        ("$NAME $ {NAME} $$", "$NAME $ {NAME} $$"),
        ("$${NAME}", "${NAME}"),
        ("$$${NAME}", "$${NAME}"),
        ("$${ ${NAME}", "${ value"),
        ("${OTHER:-$}", "$"),
    ],
)
def test_references_are_filled_and_escapes_are_not(text: str, filled: str) -> None:
    assert fill(text, VARIABLES).text == filled
    assert not fill(text, VARIABLES).errors


@pytest.mark.parametrize(
    "text", ["${NAME", "${}", "${1}", "${MY-NAME}", "${OTHER:-${NAME}}", "${NAME:?x}"]
)
def test_a_malformed_reference_is_an_error(text: str) -> None:
    (error, *_) = fill(text, VARIABLES).errors

    assert "write ${NAME} or ${NAME:-default}, or $${" in error


def test_each_variable_that_is_not_set_is_an_error() -> None:
    errors = fill("${A} ${EMPTY} ${NAME} ${B}", VARIABLES).errors

    assert [error.split(" is not set")[0].split()[-1] for error in errors] == [
        "A",
        "EMPTY",
        "B",
    ]


@given(st.text(st.sampled_from("${}:-NAME") | st.characters()))
def test_an_escaped_text_is_filled_as_itself(text: str) -> None:
    filled = fill(escape(text), VARIABLES)

    assert (filled.text, filled.errors) == (text, ())
