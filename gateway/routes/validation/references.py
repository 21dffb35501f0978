"""The references of a document in OpenAPI.

All of them are to the document itself. One to a file or a URL is an error, and is never
followed. References may be circular, except for those of parameters and bodies.
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.gateway.routes.json_rules.path import position
from weir.gateway.routes.violation import token

_MOST_REFERENCES: Final = 32


class InvalidDocument(ValueError):
    """A document that cannot be used: the `reason`, and the JSON pointer of its place.

    The pointer is "" for the whole document.
    """

    def __init__(self, reason: str, pointer: str = "") -> None:
        super().__init__(f"{pointer}: {reason}" if pointer else reason)
        self.reason = reason
        self.pointer = pointer


def check_references(document: JSONObject) -> None:
    """Raise InvalidDocument for a reference to another document."""
    level: list[tuple[str, JSONValue]] = [("", document)]
    while level:
        pointer, value = level.pop()
        if is_object(value):
            target = value.get("$ref")
            if isinstance(target, str) and not target.startswith("#"):
                message = f"a reference to another document, {target!r}"
                raise InvalidDocument(message, pointer)
            level += [(pointer + token(str(key)), each) for key, each in value.items()]
        elif is_list(value):
            level += [(f"{pointer}/{index}", each) for index, each in enumerate(value)]


class References:
    """The references of one document."""

    __slots__ = ("_document",)

    def __init__(self, document: JSONObject) -> None:
        self._document = document

    def resolved(self, place: str, value: JSONValue) -> tuple[str, JSONObject]:
        """Follow references; return the place and the object at their end.

        Raise InvalidDocument for one that leads nowhere, for circular ones, and for too
        many.
        """
        followed: set[str] = set()
        while is_object(value):
            target = value.get("$ref")
            if not isinstance(target, str):
                return place, value
            if target in followed:
                message = f"the reference {target!r} is circular"
                raise InvalidDocument(message, place)
            if len(followed) == _MOST_REFERENCES:
                message = f"more than {_MOST_REFERENCES} references in a row"
                raise InvalidDocument(message, place)
            followed.add(target)
            value = self._at(target, place)
            place = target.removeprefix("#")
        return place, {}

    def _at(self, target: str, place: str) -> JSONValue:
        pointer = target.removeprefix("#")
        steps = list(_steps(self._document, pointer))
        if len(steps) < pointer.count("/"):
            message = f"there is nothing at the reference {target}"
            raise InvalidDocument(message, place)
        return steps[-1][1] if steps else self._document


def path_to(document: JSONValue, pointer: str) -> tuple[str | int, ...]:
    """Return the keys and indices of a JSON pointer, as far as they exist."""
    return tuple(key for key, _ in _steps(document, pointer))


def _steps(value: JSONValue, pointer: str) -> Iterator[tuple[str | int, JSONValue]]:
    """Yield each key or index of a pointer that exists, with its value."""
    for part in pointer.split("/")[1:]:
        key = unquote(part).replace("~1", "/").replace("~0", "~")
        if is_object(value) and key in value:
            value = value[key]
            yield key, value
        elif is_list(value) and (index := position(key, value)) is not None:
            value = value[index]
            yield index, value
        else:
            return
