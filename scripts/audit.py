"""Report known vulnerabilities of the installed packages, and what was not audited.

    python scripts/audit.py PIP_AUDIT SITE_PACKAGES

`pip-audit` succeeds also if the vulnerability service knows none of the packages, as
behind a mirror of the package index. Here, an audit of nothing is not a success.

The exit code is 1 with vulnerabilities, 75 if some packages were not audited, else 0.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

PROJECT: Final = "weir-gateway"
VULNERABLE: Final = 1
NOT_AUDITED: Final = 75
"""EX_TEMPFAIL: it may succeed elsewhere."""


def main(pip_audit: str, site_packages: str) -> int:
    """Print the report; return the exit code."""
    outcome = subprocess.run(  # noqa: S603 - of the Makefile
        [pip_audit, "--path", site_packages, "--format=json", "--progress-spinner=off"],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found: list[dict[str, Any]] = json.loads(outcome.stdout)["dependencies"]
    except ValueError:
        print(f"NOT AUDITED: {last_line(outcome.stderr)}")
        return NOT_AUDITED
    packages = [each for each in found if each["name"] != PROJECT]
    for line in report(packages):
        print(line)
    return exit_code(packages)


def report(packages: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield the vulnerabilities, and how many packages were audited."""
    for package in packages:
        for vulnerability in package.get("vulns", ()):
            fixed = ", ".join(vulnerability["fix_versions"]) or "no version"
            yield (
                f"{package['name']} {package['version']}: {vulnerability['id']},"
                f" fixed in {fixed}"
            )
    skipped = [each for each in packages if "skip_reason" in each]
    if skipped:
        yield (
            f"NOT AUDITED: {len(skipped)} of {len(packages)} packages, such as:"
            f" {skipped[0]['skip_reason']}"
        )
    else:
        yield f"{len(packages)} packages audited"


def exit_code(packages: Sequence[dict[str, Any]]) -> int:
    """Return the exit code; an audit of nothing is not a success."""
    if any(each.get("vulns") for each in packages):
        return VULNERABLE
    is_complete = packages and not any("skip_reason" in each for each in packages)
    return 0 if is_complete else NOT_AUDITED


def last_line(text: str) -> str:
    """Return the last line, which has the reason of a traceback."""
    lines = text.strip().splitlines()
    return lines[-1] if lines else "pip-audit has printed nothing"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
