"""The references of a document in OpenAPI.

All of them are to the document itself. One to a file or a URL is an error, and is never
followed. References may be circular, except for those of parameters and bodies.
"""

from typing import Final
from urllib.parse import unquote

from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.gateway.routes.json_rules.path import position
from weir.gateway.routes.violation import token

_MOST_REFERENCES: Final = 32


class InvalidDocument(ValueError):
    """A document that cannot be used; the message has the place and the reason."""


def check_references(document: JSONObject) -> None:
    """Raise InvalidDocument for a reference to another document."""
    level: list[tuple[str, JSONValue]] = [("", document)]
    while level:
        pointer, value = level.pop()
        if is_object(value):
            target = value.get("$ref")
            if isinstance(target, str) and not target.startswith("#"):
                message = f"{pointer}: a reference to another document, {target!r}"
                raise InvalidDocument(message)
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

        Raise InvalidDocument for one that leads nowhere, or for too many.
        """
        for _ in range(_MOST_REFERENCES):
            if not is_object(value):
                return place, {}
            target = value.get("$ref")
            if not isinstance(target, str):
                return place, value
            place = target.removeprefix("#")
            value = self._at(place)
        message = f"{place}: more than {_MOST_REFERENCES} references to each other"
        raise InvalidDocument(message)

    def _at(self, pointer: str) -> JSONValue:
        value: JSONValue = self._document
        for part in pointer.split("/")[1:]:
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            if is_object(value) and key in value:
                value = value[key]
            elif is_list(value) and (index := position(key, value)) is not None:
                value = value[index]
            else:
                message = f"there is nothing at the reference #{pointer}"
                raise InvalidDocument(message)
        return value
