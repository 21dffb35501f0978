"""The errors of a configuration and of its changes.

ConfigError          one or more problems; nothing was applied
ReadOnlyConfig       the gateway cannot change the configuration
ConfigConflict       the configuration has changed while a change of it was made
UnexpectedVersion    the configuration is not the one that a change is meant for
UnknownUpstream      a change of something that does not exist
"""

from dataclasses import dataclass
from typing import Final

MAX_PROBLEMS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem with its position; the message names the fix.

    `line` and `column` count from 1; 0 if the problem has no position in a file.
    """

    message: str
    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        position = self.file
        if self.line:
            position = f"{position}:{self.line}:{self.column}"
        return f"{position}: {self.message}" if position else self.message


class ConfigError(Exception):
    """The configuration is invalid; the message lists its problems.

    It lists at most fifty problems and counts the others, including the `more` that
    are not passed.
    """

    def __init__(self, *problems: Problem, more: int = 0) -> None:
        lines = [str(each) for each in problems[:MAX_PROBLEMS]]
        more += len(problems[MAX_PROBLEMS:])
        if more:
            lines.append(f"and {more} more problems")
        super().__init__("\n".join(lines))
        self.problems = problems


class ReadOnlyConfig(Exception):
    """The gateway cannot change the configuration; the message has the reason."""


class ConfigConflict(Exception):
    """The configuration has changed since the version that a change was made of."""


class UnexpectedVersion(Exception):
    """The configuration is not the version that a change is meant for."""


class UnknownBackend(Exception):
    """A route without backends, or a backend that its route does not have."""


class UnknownUpstream(Exception):
    """An upstream or an instance that the configuration does not have."""
