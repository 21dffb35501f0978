"""Bodies in XML, by the conventions of xmltodict.

    <user id="7"><name>Ada</name><tag>a</tag><tag>b</tag></user>
    {"user": {"@id": "7", "name": "Ada", "tag": ["a", "b"]}}

Documents come from clients and services. A document type is rejected, as its entities
could expand without limit or name files. A first pass by expat counts elements, depth
and attributes, so that the limits hold before any value is built.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final
from xml.parsers import expat

import xmltodict

from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.gateway.routes.bodies.errors import BodyError

_MEDIA_TYPE: Final = re.compile(rb"(?:application|text)/(?:[a-z0-9!#$&^_.-]+\+)?xml")
_NAME: Final = re.compile(r"@?[^\W\d][\w.-]*(?::[^\W\d][\w.-]*)?")
"""XML §2.3 without the rarer characters; `@` begins the name of an attribute."""
_TEXT: Final = "#text"
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML §2.2: characters that no document can have, not even escaped."""


@dataclass(frozen=True, slots=True)
class XmlLimits:
    """The limits of a document."""

    depth: int = 64
    elements: int = 20_000
    attributes: int = 64


_LIMITS: Final = XmlLimits()


class XmlBody:
    """The format of XML.

    A value that is not an object with one key is put into the element `root`. Elements
    whose names are in `lists` are lists, even if there is one of them.
    """

    content_type = b"application/xml"

    def __init__(
        self,
        root: str = "root",
        lists: Collection[str] = (),
        limits: XmlLimits = _LIMITS,
    ) -> None:
        self._root = root
        self._lists = tuple(lists)
        self._limits = limits

    def accepts(self, media_type: bytes) -> bool:
        return _MEDIA_TYPE.fullmatch(media_type) is not None

    def decode(self, body: bytes) -> JSONValue:
        _check_document(body, self._limits)
        try:
            value: JSONValue = xmltodict.parse(body, force_list=self._lists)
        except (expat.ExpatError, ValueError) as error:
            message = f"it is not XML: {error}"
            raise BodyError(message) from error
        return value

    def encode(self, value: JSONValue) -> bytes:
        if is_object(value) and len(value) == 1 and not is_list(_only(value)):
            document = value
        else:
            inner = {"item": value} if is_list(value) else value
            document = {self._root: inner}
        for level, each in _levels(document):
            _check_value(each, level, self._limits)
        text: str = xmltodict.unparse(document)
        return text.encode()


def _only(value: JSONObject) -> JSONValue:
    return next(iter(value.values()))


def _check_document(body: bytes, limits: XmlLimits) -> None:
    """Raise BodyError for a document that is not well-formed, or above a limit."""
    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    depth = elements = 0

    def start(_: str, attributes: list[str]) -> None:
        nonlocal depth, elements
        depth += 1
        elements += 1
        for count, limit, name in (
            (depth, limits.depth, "levels"),
            (elements, limits.elements, "elements"),
            (len(attributes) // 2, limits.attributes, "attributes of an element"),
        ):
            if count > limit:
                message = f"it has more than {limit} {name}"
                raise BodyError(message)

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_: Any) -> None:
        message = "it has a document type, which is not allowed"
        raise BodyError(message)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(body, True)  # noqa: FBT003 - expat has no keywords
    except BodyError:
        raise
    # Python has the encodings that expat lacks, and some of them are not for texts.
    except (expat.ExpatError, LookupError, ValueError) as error:
        message = f"it is not XML: {error}"
        raise BodyError(message) from error


def _levels(document: JSONObject) -> Iterator[tuple[int, JSONValue]]:
    """Yield all values with their depth, without recursion."""
    level, depth = [document], 0
    while level:
        below: list[JSONValue] = []
        for value in level:
            yield depth, value
            if is_object(value):
                below += value.values()
            elif is_list(value):
                below += value
        level, depth = below, depth + 1


def _check_value(value: JSONValue, level: int, limits: XmlLimits) -> None:
    """Raise BodyError for a value that XML cannot express."""
    # A list and its items are two levels of a value, and one of elements.
    if level > 2 * limits.depth:
        message = f"it has more than {limits.depth} levels"
        raise BodyError(message)
    if is_object(value):
        for name, each in value.items():
            _check_name(name, each)
    elif is_list(value):
        if any(map(is_list, value)):
            message = "XML has no lists of lists"
            raise BodyError(message)
    elif isinstance(value, str) and _NOT_XML.search(value):
        message = "XML cannot have a control character"
        raise BodyError(message)


def _check_name(name: str, value: JSONValue) -> None:
    if name != _TEXT and not _NAME.fullmatch(name):
        message = f"{name[:64]!r} is not the name of an element or attribute"
        raise BodyError(message)
    if name[:1] in "@#" and isinstance(value, dict | list):
        message = f"{name[:64]!r} is not a text"
        raise BodyError(message)
