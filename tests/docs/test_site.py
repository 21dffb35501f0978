"""The documentation as a site: it builds without warnings, and loads nothing else."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.demo import ROOT

_LOADED = re.compile(
    r"<(?:script|img|link|iframe)\b[^>]*\b(?:src|href)=\"(https?:[^\"]+)"
)
_NOT_LOADED = re.compile(r"<link\b[^>]*rel=\"(?:canonical|prev|next)\"")


@pytest.mark.skipif(find_spec("mkdocs") is None, reason="`make docs` installs mkdocs")
def test_the_site_builds_and_makes_no_request_to_another_host(tmp_path: Path) -> None:
    build = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert build.returncode == 0, build.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > 20
    loaded = {
        url
        for page in pages
        for url in _LOADED.findall(_NOT_LOADED.sub("", page.read_text()))
    }
    assert loaded == set()


def test_the_navigation_has_each_page_once() -> None:
    listed = re.findall(
        r"([\w./-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE
    )
    pages = [
        str(each.relative_to(ROOT / "docs")) for each in (ROOT / "docs").rglob("*.md")
    ]

    assert sorted(listed) == sorted(pages)
