"""The levels of loggers that operators set while the gateway runs."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Level: TypeAlias = Literal["debug", "info", "warning", "error", "critical"]

ROOT: Final = "root"
"""The logger whose level is that of all loggers without one."""
MAX_LEVELS: Final = 100
_OWN: Final = "weir."
_LEAST: Final[Mapping[str, int]] = {"hpack": logging.INFO, "httpcore": logging.INFO}
"""Loggers that write the values of header fields below these levels."""
_NUMBERS: Final[Mapping[str, int]] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}


class LevelRejected(Exception):
    """A level that would write secrets, or one too many; the message is the reason."""


@dataclass(frozen=True, slots=True)
class LoggerLevel:
    """A logger with the level in effect; `is_set` if an operator has set it."""

    logger: str
    level: str
    is_set: bool


class LogLevels:
    """The levels that were set, each with the one that it replaced."""

    def __init__(self) -> None:
        self._before: dict[str, int] = {}
        self._set: dict[str, Level] = {}

    def apply(self) -> None:
        """Apply the levels, also after other code has configured logging."""
        for name, least in _LEAST.items():
            logger = logging.getLogger(name)
            logger.setLevel(max(logger.level, least))
        for name, level in self._set.items():
            logging.getLogger(name).setLevel(_NUMBERS[level])

    @property
    def all_set(self) -> Mapping[str, Level]:
        """The levels that were set, by logger."""
        return self._set

    def set(self, logger: str, level: Level | None) -> None:
        """Set the level of a logger; None restores the one before.

        Raise LevelRejected.
        """
        if level is None:
            self._restore(logger)
            return
        _check_secrets(logger, level)
        if logger not in self._set and len(self._set) >= MAX_LEVELS:
            message = f"{MAX_LEVELS} levels are set; reset one with `null` first"
            raise LevelRejected(message)
        found = logging.getLogger(logger)
        self._before.setdefault(logger, found.level)
        self._set[logger] = level
        found.setLevel(_NUMBERS[level])

    def shown(self) -> tuple[LoggerLevel, ...]:
        """Return the loggers of Weir, and those with a level that was set, by name."""
        return tuple(
            self._shown(each) for each in sorted({*_own_loggers(), *self._set})
        )

    def _restore(self, logger: str) -> None:
        if logger in self._set:
            del self._set[logger]
            logging.getLogger(logger).setLevel(self._before.pop(logger))

    def _shown(self, logger: str) -> LoggerLevel:
        number = logging.getLogger(logger).getEffectiveLevel()
        return LoggerLevel(
            logger, logging.getLevelName(number).lower(), is_set=logger in self._set
        )


def _check_secrets(logger: str, level: Level) -> None:
    for name, least in _LEAST.items():
        is_below = logger == name or logger.startswith(f"{name}.")
        if is_below and _NUMBERS[level] < least:
            message = f"{logger} writes the values of header fields at {level}"
            raise LevelRejected(message)


def _own_loggers() -> Iterator[str]:
    yield ROOT
    # A copy, because other threads may add loggers.
    for name in tuple(logging.root.manager.loggerDict):
        if name.startswith(_OWN):
            yield name
