"""The audit of packages, the list of licences, and what both are about."""

import re
import tomllib
from typing import Any

import pytest

from scripts.audit import NOT_AUDITED, VULNERABLE, exit_code, main, report
from scripts.licences import licences
from tests.support.demo import ROOT

CLEAN = {"name": "httpx", "version": "0.28.1", "vulns": []}
SKIPPED = {"name": "h2", "skip_reason": "Dependency not found on PyPI: h2 (4.4.1)"}
VULNERABLE_PACKAGE = {
    "name": "jinja2",
    "version": "3.1.3",
    "vulns": [{"id": "PYSEC-2024-1", "fix_versions": ["3.1.4"]}],
}


@pytest.mark.parametrize(
    ("packages", "code", "printed"),
    [
        ([CLEAN], 0, "1 packages audited"),
        ([CLEAN, SKIPPED], NOT_AUDITED, "NOT AUDITED: 1 of 2 packages, such as:"),
        ([SKIPPED], NOT_AUDITED, "NOT AUDITED: 1 of 1 packages"),
        ([], NOT_AUDITED, "0 packages audited"),
        (
            [VULNERABLE_PACKAGE, SKIPPED],
            VULNERABLE,
            "jinja2 3.1.3: PYSEC-2024-1, fixed in 3.1.4",
        ),
    ],
)
def test_an_audit_of_nothing_is_not_a_success(
    packages: list[dict[str, Any]], code: int, printed: str
) -> None:
    assert exit_code(packages) == code
    assert printed in "\n".join(report(packages))


def test_an_audit_that_fails_is_not_a_success(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main("/bin/false", "/nowhere") == NOT_AUDITED
    assert "NOT AUDITED: pip-audit has printed nothing" in capsys.readouterr().out


def test_each_component_has_its_licences() -> None:
    components = [
        {"name": "a", "version": "1", "licenses": [{"license": {"id": "MIT"}}]},
        {
            "name": "b",
            "version": "2",
            "licenses": [{"expression": "MIT OR BSD-2-Clause"}],
        },
        {"name": "c", "version": "3", "licenses": [{"license": {"name": "BSD\nlong"}}]},
        {"name": "d", "version": "4"},
    ]

    assert dict(licences({"components": components})) == {
        "a 1": "MIT",
        "b 2": "MIT OR BSD-2-Clause",
        "c 3": "BSD",
        "d 4": "UNKNOWN",
    }


def test_the_packages_are_those_of_the_image() -> None:
    (shipped,) = re.findall(
        r"^SHIPPED := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE
    )

    assert f"'{shipped}'" in (ROOT / "Dockerfile").read_text()


def test_the_pins_are_of_the_packages_of_the_image() -> None:
    makefile = (ROOT / "Makefile").read_text()
    (shipped,) = re.findall(r"^SHIPPED := \.\[(.+)\]$", makefile, re.MULTILINE)

    assert re.findall(r"--extra (\w+)", makefile) == shipped.split(",")


def test_the_image_has_the_extras_of_all_features() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    developed = project["optional-dependencies"]["dev"][0]

    extras = developed.removeprefix(project["name"])

    assert f"'.{extras}'" in (ROOT / "Dockerfile").read_text()
