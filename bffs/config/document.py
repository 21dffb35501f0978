"""A YAML file as plain data that remembers where each value stands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from bffs.config.errors import ConfigError, Problem
from bffs.config.yaml_text import (
    MappingNode,
    SequenceNode,
    YamlSyntaxError,
    is_mapping,
    is_sequence,
    parse_yaml,
)

DataPath: TypeAlias = tuple[str | int, ...]

_REFERENCE = re.compile(
    r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column, from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class ConfigDocument:
    """The data of one file, and the place of each key and item in it."""

    file: str
    data: Any
    places: Mapping[DataPath, Place]

    def problem(self, path: DataPath, message: str) -> Problem:
        """Return a problem at `path`, or at its nearest ancestor that has a place."""
        for length in range(len(path), -1, -1):
            place = self.places.get(path[:length])
            if place is not None:
                return Problem(
                    file=self.file,
                    line=place.line,
                    column=place.column,
                    message=message,
                )
        return Problem(file=self.file, message=message)


def load_document(file: Path, environment: Mapping[str, str]) -> ConfigDocument:
    """Read `file`, filling `${NAME}` and `${NAME:-default}` from `environment`.

    Raises ConfigError where the file cannot be read, is not YAML, or names a variable
    that is not set.
    """
    return read_document(_read(file), str(file), environment)


def read_document(
    text: str, file: str, environment: Mapping[str, str]
) -> ConfigDocument:
    """Read a text as the contents of `file`; raises as `load_document` does."""
    root = _parse(text, file)
    reader = _Reader(file, environment)
    data = reader.read(root, ())
    if reader.problems:
        raise ConfigError(*reader.problems)
    return ConfigDocument(file, data, reader.places)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        message = "is not UTF-8"
        raise ConfigError(Problem(file=str(file), message=message)) from error
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise ConfigError(Problem(file=str(file), message=message)) from error


def _parse(text: str, file: str) -> object:
    try:
        return parse_yaml(text)
    except YamlSyntaxError as error:
        raise ConfigError(
            Problem(
                file=file, line=error.line, column=error.column, message=error.message
            )
        ) from error


class _Reader:
    """Walks a parsed document once: data, places and unset variables."""

    def __init__(self, file: str, environment: Mapping[str, str]) -> None:
        self.file = file
        self.environment = environment
        self.places: dict[DataPath, Place] = {(): Place(1, 1)}
        self.problems: list[Problem] = []

    def read(self, node: object, path: DataPath) -> Any:
        if is_mapping(node):
            return {str(key): self._entry(node, key, path) for key in node}
        if is_sequence(node):
            return [self._item(node, index, path) for index in range(len(node))]
        return self._fill(node, path) if isinstance(node, str) else node

    def _entry(self, node: MappingNode, key: object, path: DataPath) -> Any:
        here = (*path, str(key))
        self._mark(here, node.lc.key(key))
        return self.read(node[key], here)

    def _item(self, node: SequenceNode, index: int, path: DataPath) -> Any:
        here = (*path, index)
        self._mark(here, node.lc.item(index))
        return self.read(node[index], here)

    def _mark(self, path: DataPath, mark: tuple[int, int]) -> None:
        line, column = mark
        self.places[path] = Place(line + 1, column + 1)

    def _fill(self, text: str, path: DataPath) -> str:
        return _REFERENCE.sub(lambda match: self._variable(match, path), text)

    def _variable(self, match: re.Match[str], path: DataPath) -> str:
        value = self.environment.get(match["name"]) or match["default"]
        if value is not None:
            return value
        place = self.places[path]
        self.problems.append(
            Problem(
                file=self.file,
                line=place.line,
                column=place.column,
                message=(
                    f"the environment variable {match['name']} is not set; set it, or"
                    f" give a default: ${{{match['name']}:-value}}"
                ),
            )
        )
        return ""
