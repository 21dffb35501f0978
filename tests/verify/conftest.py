"""Results of proofs as a page."""

import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest

from benchmarks.__main__ import commit, machine
from tests.support.pace import NOT_PROVEN
from tests.support.results_page import with_results

EXIT_NOT_PROVEN = 75
"""The exit status if nothing failed, and something was not proven: EX_TEMPFAIL."""

# Its output differs with the load of the machine, and has no table.
_WITHOUT_TABLE = {"test_one_upstream"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--results", type=Path, help="A page whose tables are replaced by the output."
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell a run in which something was not proven from one that passed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.getreports("skipped") if reporter else ()
    is_unproven = any(NOT_PROVEN in str(each.longrepr) for each in skipped)
    if is_unproven and session.exitstatus in {0, pytest.ExitCode.NO_TESTS_COLLECTED}:
        session.exitstatus = EXIT_NOT_PROVEN


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
