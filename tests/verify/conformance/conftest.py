"""One run of each gateway for all tests here, and their figures at the end."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.support.audit import SUITES
from tests.support.conformance_kit import WEIR, KitRun, run_kit
from tests.support.own_suites import compose_suites

Report: TypeAlias = Callable[[str], None]
_LINES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_LINES] = []


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if lines := config.stash[_LINES]:
        terminalreporter.section("conformance")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Report:
    """Says a line in the summary."""
    lines: list[str] = request.config.stash[_LINES]
    return lines.append


@pytest.fixture(scope="session")
def suites() -> Path:
    """The suites; what needs them is skipped where they are not."""
    if not SUITES.exists():
        pytest.skip(f"the conformance suites are not at {SUITES}")
    return SUITES


@pytest.fixture(scope="session")
def own_suites(suites: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The suites with the supergraphs that Weir composes."""
    del suites
    return compose_suites(tmp_path_factory.mktemp("own-suites"))


@pytest.fixture(scope="session")
def weir_run(suites: Path, tmp_path_factory: pytest.TempPathFactory) -> KitRun:
    """Weir on the recorded supergraphs."""
    return run_kit(WEIR, tmp_path_factory.mktemp("weir"), suites)
