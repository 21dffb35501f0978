"""A YAML file as plain data that remembers where each value stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, TypeAlias

from bffs.config.errors import ConfigError, Problem
from bffs.config.variables import fill
from bffs.config.yaml_text import (
    MappingNode,
    SequenceNode,
    YamlSyntaxError,
    is_mapping,
    is_sequence,
    parse_yaml,
)

DataPath: TypeAlias = tuple[str | int, ...]

# What JSON, and so every other place that shows the configuration, can hold.
_LARGEST_INT = 2**63 - 1


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

    Raises ConfigError if the file cannot be read, is not YAML, holds a value that JSON
    cannot hold, or refers to a variable that is not set.
    """
    return read_document(read_file(file), str(file), environment)


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


def read_file(file: Path) -> str:
    """Return the text of `file`; raises ConfigError."""
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
    """Walks a parsed document once: data, places and problems."""

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
        return self._scalar(node, path)

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

    def _scalar(self, value: object, path: DataPath) -> Any:
        if isinstance(value, str):
            filled = fill(value, self.environment)
            for message in filled.errors:
                self._problem(path, message)
            return self._text(filled.text, path)
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int) and abs(value) <= _LARGEST_INT:
            return value
        if isinstance(value, float) and isfinite(value):
            return value
        if isinstance(value, int | float):
            return self._problem(path, "the number is out of range")
        message = "expected a text, a number, true, false or null; put it into quotes"
        return self._problem(path, message)

    def _text(self, text: str, path: DataPath) -> str:
        if any("\ud800" <= character <= "\udfff" for character in text):
            self._problem(path, "the text has half of a surrogate pair")
        return text

    def _problem(self, path: DataPath, message: str) -> None:
        place = self.places[path]
        dotted = ".".join(map(str, path))
        self.problems.append(
            Problem(
                file=self.file,
                line=place.line,
                column=place.column,
                message=f"{dotted}: {message}" if dotted else message,
            )
        )
