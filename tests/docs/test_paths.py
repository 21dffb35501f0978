"""Pages for contributors name files and folders that exist."""

import re

import pytest

from tests.support.demo import ROOT

_PATH = re.compile(
    r"`((?:weir|gateway|schema|resolvers|bffs|tests|scripts|examples|benchmarks|docs)"
    r"/[\w./-]*)`"
)
_TEST = re.compile(r"`(tests/[\w./-]*\.py)::(\w+)`")
PAGES = ("contributing.md", "architecture.md", "results/index.md")


@pytest.mark.parametrize("page", PAGES)
def test_every_path_exists(page: str) -> None:
    paths = set(_PATH.findall((ROOT / "docs" / page).read_text()))

    assert len(paths) > 10
    assert sorted(path for path in paths if not (ROOT / path).exists()) == []


def test_every_test_of_an_attack_exists() -> None:
    tests = _TEST.findall((ROOT / "docs" / "results" / "abuse.md").read_text())

    assert len(tests) >= 20
    for path, name in tests:
        assert f"def {name}(" in (ROOT / path).read_text(), name


def test_each_kind_of_extension_has_a_folder_a_file_to_copy_and_a_test() -> None:
    page = (ROOT / "docs" / "contributing.md").read_text()
    kinds = page.split("## Where things go")[1].split("### Other changes")[0]
    sections = kinds.split("\n### ")[1:]

    assert len(sections) == 10
    for section in sections:
        assert all(f"| {row} |" in section for row in ("folder", "copy", "test"))


def test_the_list_of_decisions_is_complete() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))

    titles = [each.read_text().partition("\n")[0] for each in decisions]
    listed = re.findall(r"^- \[(\d+)\. (.+)\]\(decisions/(.+)\)$", page, re.MULTILINE)

    assert [f"# {int(number):04}: {title}" for number, title, _ in listed] == titles
    assert [name for _, _, name in listed] == [each.name for each in decisions]
