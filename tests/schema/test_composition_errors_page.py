"""The page on composition errors is true: each example gives its code, and only it."""

import re

import pytest

from tests.support.composition_examples import SECTIONS, example
from weir.schema import Code, Rejected, compose


@pytest.mark.parametrize("code", list(Code))
def test_each_code_has_an_example_that_gives_it(code: Code) -> None:
    composed = compose(example(code))

    assert isinstance(composed, Rejected)
    assert {error.code for error in composed.errors} == {code}


@pytest.mark.parametrize("code", list(Code))
def test_each_code_has_a_fix(code: Code) -> None:
    assert re.search(r"^Fix: \S", SECTIONS[code], re.MULTILINE)


@pytest.mark.parametrize("code", sorted(set(Code) - {Code.NO_QUERIES}))
def test_each_error_has_a_place_in_a_file(code: Code) -> None:
    composed = compose(example(code))

    assert isinstance(composed, Rejected)
    for error in composed.errors:
        assert error.locations
        assert all(location.file for location in error.locations)


def test_the_page_knows_no_other_codes() -> None:
    assert set(SECTIONS) == set(Code)
