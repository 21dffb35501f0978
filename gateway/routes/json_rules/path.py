"""Paths in JSON values, such as `address.city` and `items.*.id`.

A part is a key of an object, the position of an item in a list, or `*` for each of
them. A backslash makes a dot, a star or a backslash a character of a key.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from weir.gateway.json_types import JSONValue, is_list, is_object

Part: TypeAlias = str | None
"""A key or a position; None is every one."""

MAX_PARTS: Final = 32
_PARTS: Final = re.compile(r"(?:[^.\\*]|\\[.\\*])+|\*")
_ESCAPE: Final = re.compile(r"\\(.)")
_MAX_DIGITS: Final = 9


class InvalidPath(ValueError):
    """A text that is not a path; the message is the reason."""


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A parsed path of one part or more."""

    text: str
    parts: tuple[Part, ...]

    @property
    def is_single(self) -> bool:
        """Whether the path leads to one value at most."""
        return None not in self.parts


def parse_path(text: str) -> JsonPath:
    """Parse a path; raise InvalidPath."""
    parts: list[Part] = []
    end = -1
    while end < len(text):
        match = _PARTS.match(text, end + 1)
        if match is None or text[match.end() : match.end() + 1] not in ("", "."):
            message = f'expected a path such as "address.city" or "items.*.id": {text}'
            raise InvalidPath(message)
        parts.append(None if match[0] == "*" else _ESCAPE.sub(r"\1", match[0]))
        end = match.end()
    if len(parts) > MAX_PARTS:
        message = f"a path has at most {MAX_PARTS} parts, got {len(parts)}"
        raise InvalidPath(message)
    return JsonPath(text, tuple(parts))


def values_at(value: JSONValue, parts: Iterable[Part]) -> list[JSONValue]:
    """Return the values that the parts lead to, in their order."""
    level = [value]
    for part in parts:
        level = [below for each in level for below in _below(each, part)]
    return level


def value_at(value: JSONValue, path: JsonPath) -> JSONValue:
    """Return the first value at a path, or None."""
    return next(iter(values_at(value, path.parts)), None)


def position(part: str, items: list[JSONValue]) -> int | None:
    """Return the position of an item that a part names, or None."""
    if not (part.isascii() and part.isdecimal() and len(part) <= _MAX_DIGITS):
        return None
    index = int(part)
    return index if index < len(items) else None


def _below(value: JSONValue, part: Part) -> Iterator[JSONValue]:
    if is_object(value):
        if part is None:
            yield from value.values()
        elif part in value:
            yield value[part]
    elif is_list(value):
        if part is None:
            yield from value
        elif (index := position(part, value)) is not None:
            yield value[index]
