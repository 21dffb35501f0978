"""The page on federation lists every directive; the code of the guide works."""

import re
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from tests.support.calls import request_context
from weir.bffs.config.model.root import OverrideSection
from weir.resolvers.overrides import Labels
from weir.schema.federation.specs import FED1_DIRECTIVES, FEDERATION_DIRECTIVES

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference" / "federation.md").read_text("utf-8")
GUIDE = (DOCS / "guides" / "progressive-override.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `@(\w+)` \| ([^|]+) \|", PAGE, re.MULTILINE))
CODE = dict(
    re.findall(r"^```(yaml|python)\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
)


@pytest.mark.parametrize("directive", sorted(FEDERATION_DIRECTIVES))
def test_every_directive_has_a_row_with_its_versions(directive: str) -> None:
    versions = [
        str(row.since).removeprefix("v") for row in FEDERATION_DIRECTIVES[directive]
    ]
    if directive == "override":
        # Its label has a row of its own.
        assert "| `@override(label:)` | 2.7 |" in PAGE
        versions.remove("2.7")

    told = ROWS[directive]

    assert all(version in told for version in versions), (told, versions)
    assert told.startswith("1, ") == (directive in FED1_DIRECTIVES)


def test_the_configuration_of_the_guide_is_valid() -> None:
    shown = YAML(typ="safe").load(CODE["yaml"])

    override = TypeAdapter(OverrideSection).validate_python(shown["override"])

    assert override.sticky is not None
    assert override.sticky.header == "x-user-id"


def test_the_labels_of_the_guide_are_labels() -> None:
    names: dict[str, object] = {}
    exec(CODE["python"], names)  # noqa: S102 - the page's own example

    labels = names["labels"]

    assert isinstance(labels, Labels)
    assert not labels.active("rollout", request_context())


def test_every_source_that_is_named_is_listed() -> None:
    body, sources = PAGE.split("## Sources")
    named = set(re.findall(r"\[([ACH]\d)\]", body))

    assert named == set(re.findall(r"^- \*\*([ACH]\d)\*\* ", sources, re.MULTILINE))
