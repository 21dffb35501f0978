"""The files of docs/guides/test-a-facade.md pass their own tests."""

import subprocess
import sys
from pathlib import Path

from tests.support.demo import ROOT
from tests.support.documents import blocks

PAGE = (ROOT / "docs" / "guides" / "test-a-facade.md").read_text()
FILES = {each.file: each.text for each in blocks(PAGE) if each.file}
COMMANDS = [each.text for each in blocks(PAGE) if each.language == "sh"]
(SNAPSHOT,) = (each.text for each in blocks(PAGE) if each.language == "text")


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    _, *arguments = command.split()
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_tests_of_the_page_pass(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    first = run(tmp_path, "pytest")
    for command in COMMANDS:
        done = run(tmp_path, command)
        assert done.returncode == 0, done.stdout

    assert "2 failed, 2 passed" in first.stdout
    assert "pytest --weir-update-snapshots to accept it" in first.stdout
    snapshots = tmp_path / "snapshots"
    assert (snapshots / "mobile-reviews.txt").read_text() == SNAPSHOT
    assert (snapshots / "mobile-catalog.txt").read_text().endswith("title  null\n")

    operation = tmp_path / "operations" / "title.graphql"
    operation.write_text(operation.read_text().replace("    rating\n", ""))
    changed = run(tmp_path, "pytest")
    assert "-  title.rating   null" in changed.stdout
