"""Conversion of YAML nodes to plain data, positions, references and problems."""

from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any, Final, TypeAlias

from weir.bffs.config.errors import Problem
from weir.bffs.config.model.position import DataPath, Position
from weir.bffs.config.variables import Reference, fill
from weir.bffs.config.yaml_text import (
    MappingNode,
    Node,
    ScalarNode,
    is_mapping,
    is_merge_key,
    is_scalar,
    is_sequence,
    scalar_value,
)

Entries: TypeAlias = Iterator[tuple[Node, Node]]

# An alias repeats a whole node, so that a short text can have very many values.
_MAX_VALUES: Final = 200_000
_MAX_DEPTH: Final = 64
# The largest integer that the JSON of the control port can hold.
_LARGEST_INT: Final = 2**63 - 1


class _TooLarge(Exception):
    """The document is too large; the last problem has the reason."""


class YamlReader:
    """Reader of the nodes of one file, for one use. Keys are texts as written."""

    def __init__(self, file: str, environment: Mapping[str, str], folder: Path) -> None:
        self._file = file
        self._folder = folder
        self._environment = environment
        self._left = _MAX_VALUES
        self.positions: dict[DataPath, Position] = {(): Position(1, 1)}
        self.references: dict[DataPath, Reference] = {}
        self.problems: list[Problem] = []

    def read(self, root: Node) -> Any:
        """Return the data; it is incomplete if there are problems."""
        try:
            return self._value(root, ())
        except _TooLarge:
            return None

    def _value(self, node: Node, path: DataPath) -> Any:
        self._count(path, len(path))
        if is_mapping(node):
            return self._mapping(node, path)
        if is_sequence(node):
            return [
                self._value_at(item, item, (*path, index))
                for index, item in enumerate(node.value)
            ]
        return self._scalar(node, path) if is_scalar(node) else None

    def _mapping(self, node: MappingNode, path: DataPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, value in _own(node):
            name = self._key(key, path)
            here = (*path, name)
            if name in data:
                line = self.positions[here].line
                message = f"duplicate key, first defined on line {line}"
                self._add_problem(here, message, _position_of(key))
            data[name] = self._value_at(key, value, here)
        for key, value in self._merged(node, path, 1):
            self._count(path, len(path))
            name = self._key(key, path)
            if name not in data:
                data[name] = self._value_at(key, value, (*path, name))
        return data

    def _merged(self, node: MappingNode, path: DataPath, depth: int) -> Entries:
        """Yield the entries that `<<` merges in; the first entry of a key counts."""
        for key, value in node.value:
            if is_merge_key(key):
                for each in value.value if is_sequence(value) else (value,):
                    self._count(path, depth)
                    if is_mapping(each):
                        yield from _own(each)
                        yield from self._merged(each, path, depth + 1)
                    else:
                        message = "expected an alias of a mapping"
                        self._add_problem((*path, "<<"), message, _position_of(key))

    def _key(self, node: Node, path: DataPath) -> str:
        if is_scalar(node):
            return self._text(node.value, path, _position_of(node))
        self._add_problem(path, "expected a text as the key", _position_of(node))
        return ""

    def _value_at(self, marked: Node, node: Node, path: DataPath) -> Any:
        self.positions[path] = _position_of(marked)
        return self._value(node, path)

    def _scalar(self, node: ScalarNode, path: DataPath) -> Any:
        try:
            value = scalar_value(node)
        except ValueError as error:
            return self._add_problem(path, str(error))
        if isinstance(value, str):
            filled = fill(value, self._environment, self._folder)
            for message in filled.errors:
                self._add_problem(path, message)
            if filled.reference is not None:
                self.references[path] = filled.reference
            return self._text(filled.text, path, self.positions[path])
        if isinstance(value, float) and not isfinite(value):
            return self._add_problem(path, "the number is out of range")
        if isinstance(value, int) and abs(value) > _LARGEST_INT:
            return self._add_problem(path, "the number is out of range")
        return value

    def _text(self, text: str, path: DataPath, position: Position) -> str:
        """Return `text` with surrogate pairs (from JSON escapes) as characters."""
        if text.isascii():
            return text
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._add_problem(path, "the text has half of a surrogate pair", position)
            return ""

    def _count(self, path: DataPath, depth: int) -> None:
        """Count one more value; raises _TooLarge."""
        self._left -= 1
        if self._left < 0:
            self._add_problem(
                path, f"more than {_MAX_VALUES} values, aliases written out"
            )
        elif depth > _MAX_DEPTH:
            self._add_problem(path, f"nested deeper than {_MAX_DEPTH} levels")
        else:
            return
        raise _TooLarge

    def _add_problem(
        self, path: DataPath, message: str, position: Position | None = None
    ) -> None:
        position = position or self.positions[path]
        dotted = ".".join(map(str, path))
        self.problems.append(
            Problem(
                file=self._file,
                line=position.line,
                column=position.column,
                message=f"{dotted}: {message}" if dotted else message,
            )
        )


def _own(node: MappingNode) -> Entries:
    return (entry for entry in node.value if not is_merge_key(entry[0]))


def _position_of(node: Node) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)
