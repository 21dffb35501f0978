"""A YAML file as plain data, with the position of each value."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.model.position import DataPath, Position
from weir.bffs.config.variables import Reference
from weir.bffs.config.yaml_reader import YamlReader
from weir.bffs.config.yaml_text import Node, YamlSyntaxError, parse_yaml
from weir.gateway import bounded_file

MAX_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ConfigDocument:
    """The data of one file, and the position of each key and item.

    `references` has the values that refer to environment variables. Equal texts have
    the same `version`; it is empty if there is no file.
    """

    file: str
    data: Any
    positions: Mapping[DataPath, Position]
    references: Mapping[DataPath, Reference] = field(
        default_factory=dict[DataPath, Reference]
    )
    version: str = ""

    def reference(self, path: DataPath) -> Reference | None:
        """Return the reference of the value at `path`, or of its nearest ancestor."""
        ancestors = (path[:length] for length in range(len(path), 0, -1))
        return next(filter(None, map(self.references.get, ancestors)), None)

    def problem(self, path: DataPath, message: str) -> Problem:
        """Return a problem at `path`, or at its nearest ancestor with a position.

        The message hides the values of variables at or below `path`.
        """
        for each, reference in self.references.items():
            if path[: len(each)] == each or each[: len(path)] == path:
                message = reference.redact(message)
        for length in range(len(path), -1, -1):
            position = self.positions.get(path[:length])
            if position is not None:
                return Problem(
                    file=self.file,
                    line=position.line,
                    column=position.column,
                    message=message,
                )
        return Problem(file=self.file, message=message)


def load_document(file: Path, environment: Mapping[str, str]) -> ConfigDocument:
    """Read `file`, filling `${NAME}` and `${NAME:-default}` from `environment`.

    Raises ConfigError if the file cannot be read, is not YAML, has a value that JSON
    does not have, or refers to a variable that is not set.
    """
    return read_document(read_config(file), str(file), environment)


def read_document(
    text: str, file: str, environment: Mapping[str, str]
) -> ConfigDocument:
    """Read a text as the contents of `file`; raises as `load_document` does."""
    root = _parse(text, file)
    reader = YamlReader(file, environment, folder_of(file))
    data = reader.read(root) if root is not None else None
    if reader.problems:
        raise ConfigError(*reader.problems)
    version = version_of(text.encode())
    return ConfigDocument(file, data, reader.positions, reader.references, version)


def folder_of(file: str) -> Path:
    """Return the folder for relative names in a file; for a URL, the working one."""
    return Path() if "://" in file else Path(file).parent


def version_of(content: bytes) -> str:
    """Return the version of the file that has this content."""
    return blake2b(content, digest_size=16).hexdigest()


def read_config(file: Path) -> str:
    """Return the text of weir.yaml; raises ConfigError, with a fix if it is missing."""
    try:
        return read_file(file)
    except ConfigError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            raise
        (problem,) = error.problems
        message = f"{problem.message}; `weir init` writes a first configuration"
        raise ConfigError(replace(problem, message=message)) from error


def read_file(file: Path) -> str:
    """Return the text of `file`; raises ConfigError, caused by the OSError if any."""
    try:
        return bounded_file.read_file(file, MAX_BYTES).decode()
    except UnicodeDecodeError as error:
        message = "is not UTF-8"
        raise ConfigError(Problem(file=str(file), message=message)) from error
    except bounded_file.UnreadableFile as error:
        problem = Problem(file=str(file), message=error.reason)
        raise ConfigError(problem) from error.__cause__


def _parse(text: str, file: str) -> Node | None:
    try:
        return parse_yaml(text)
    except YamlSyntaxError as error:
        raise ConfigError(
            Problem(
                file=file, line=error.line, column=error.column, message=error.message
            )
        ) from error
