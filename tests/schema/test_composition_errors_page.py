"""The page on composition errors is true: each example gives its code, and only it."""

import re
from pathlib import Path

import pytest

from schema import Code, Rejected, Subgraph, compose
from schema.federation.specs import FEDERATION_DIRECTIVES
from schema.link.url import Version

PAGE = Path(__file__).resolve().parents[2] / "docs" / "composition-errors.md"
SECTION = re.compile(r"^### (\w+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"```graphql\n# subgraph (\S+)\n(.*?)```", re.DOTALL)

SECTIONS = dict(SECTION.findall(PAGE.read_text(encoding="utf-8")))
IMPORTS = ", ".join(
    f'"@{name}"'
    for name, rows in FEDERATION_DIRECTIVES.items()
    if rows[0].since <= Version(2, 9)
)
LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",'
    f" import: [{IMPORTS}])\n"
)


def example(code: str) -> list[Subgraph]:
    def sdl(text: str) -> str:
        linked = "@link" in text or text.startswith("# federation 1")
        return text if linked else LINK + text

    found = EXAMPLE.findall(SECTIONS[code])
    return [Subgraph(name=name, sdl=sdl(text)) for name, text in found]


@pytest.mark.parametrize("code", list(Code))
def test_each_code_has_an_example_that_gives_it(code: Code) -> None:
    composed = compose(example(code))

    assert isinstance(composed, Rejected)
    assert {error.code for error in composed.errors} == {code}


@pytest.mark.parametrize("code", list(Code))
def test_each_code_has_a_way_out(code: Code) -> None:
    assert re.search(r"^Way out: \S", SECTIONS[code], re.MULTILINE)


@pytest.mark.parametrize("code", set(Code) - {Code.NO_QUERIES})
def test_each_error_has_a_place(code: Code) -> None:
    composed = compose(example(code))

    assert isinstance(composed, Rejected)
    for error in composed.errors:
        assert error.places


def test_the_page_knows_no_other_codes() -> None:
    assert set(SECTIONS) == set(Code)
