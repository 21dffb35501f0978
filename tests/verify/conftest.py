"""Results of proofs as a page."""

import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest

from benchmarks.__main__ import commit, machine
from tests.support.results_page import with_results

# Its output differs with the load of the machine, and has no table.
_WITHOUT_TABLE = {"test_one_upstream"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--results", type=Path, help="A page whose tables are replaced by the output."
    )


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Write the tables of the proofs that passed, and leave those that failed."""
    page: Path | None = config.getoption("--results")
    if page is None:
        return
    python, day = sys.version.split()[0], time.strftime("%Y-%m-%d")
    origin = f"{machine()}, Python {python}, commit {commit()}, {day}"
    failed = {_module(each) for each in terminalreporter.getreports("failed")}
    outputs: defaultdict[str, str] = defaultdict(lambda: origin)
    for report in terminalreporter.getreports("passed"):
        module = _module(report)
        if report.when == "call" and module not in failed | _WITHOUT_TABLE:
            outputs[module] += "\n\n" + report.capstdout.strip("\n")
    page.write_text(with_results(page.read_text(), outputs))


def _module(report: pytest.TestReport) -> str:
    return Path(report.nodeid.partition("::")[0]).stem
