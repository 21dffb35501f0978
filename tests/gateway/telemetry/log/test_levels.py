"""Levels of loggers that operators set, and restore."""

import logging
from collections.abc import Iterator

import pytest

from weir.gateway.telemetry.log.levels import (
    MAX_LEVELS,
    LevelRejected,
    LoggerLevel,
    LogLevels,
)

NAME = "tests.levels"


@pytest.fixture
def levels() -> Iterator[LogLevels]:
    levels = LogLevels()
    levels.apply()
    yield levels
    for logger in tuple(levels.all_set):
        levels.set(logger, None)


def test_a_level_is_set_and_restored(levels: LogLevels) -> None:
    logger = logging.getLogger(NAME)
    levels.set(NAME, "debug")
    levels.set(NAME, "error")
    assert not logger.isEnabledFor(logging.WARNING)
    assert LoggerLevel(NAME, "error", is_set=True) in levels.shown()

    levels.set(NAME, None)
    levels.set(NAME, None)

    assert logger.level == logging.NOTSET
    assert not levels.all_set


def test_loggers_of_weir_and_the_root_are_shown(levels: LogLevels) -> None:
    logging.getLogger("weir.tests").setLevel(logging.INFO)

    shown = {each.logger: each for each in levels.shown()}

    assert shown["weir.tests"].level == "info"
    assert not shown["root"].is_set
    assert NAME not in shown


def test_other_code_that_configures_logging_changes_no_set_level(
    levels: LogLevels,
) -> None:
    levels.set(NAME, "debug")
    logging.getLogger(NAME).setLevel(logging.CRITICAL)
    logging.getLogger("hpack").setLevel(logging.NOTSET)

    levels.apply()

    assert logging.getLogger(NAME).level == logging.DEBUG
    assert logging.getLogger("hpack").level == logging.INFO


@pytest.mark.parametrize("name", ["hpack", "hpack.hpack", "httpcore.http11"])
def test_a_level_that_logs_credentials_is_rejected(
    levels: LogLevels, name: str
) -> None:
    with pytest.raises(LevelRejected, match="values of header fields"):
        levels.set(name, "debug")


def test_the_root_does_not_reach_loggers_that_log_credentials(
    levels: LogLevels,
) -> None:
    levels.set("root", "debug")

    assert logging.getLogger(NAME).isEnabledFor(logging.DEBUG)
    assert not logging.getLogger("hpack.table").isEnabledFor(logging.DEBUG)


def test_the_number_of_levels_is_bounded(levels: LogLevels) -> None:
    for number in range(MAX_LEVELS):
        levels.set(f"{NAME}.{number}", "info")

    levels.set(f"{NAME}.0", "debug")
    with pytest.raises(LevelRejected, match="100 levels are set"):
        levels.set(NAME, "info")
