"""The request targets of a part, such as `/orders?user={user.id}`.

Values are percent-encoded, so that a value cannot become a segment, a parameter or a
query of its own. A reference with `*`, such as `{products.*.id}`, stands for many
values: in the query for a batch of them, and in the path for one of them.
"""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import quote

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import RequestHead
from weir.gateway.errors import BadRequest
from weir.gateway.routes.errors import PartInputInvalid
from weir.gateway.routes.json_rules.path import JsonPath, parse_path
from weir.gateway.routes.matching.pattern import PathPattern
from weir.gateway.routes.request_values import (
    InvalidReference,
    RequestValue,
    request_value,
    split_references,
)
from weir.gateway.routes.traversal import escapes

_LITERAL: Final = re.compile(r"[\x21\x22\x24-\x7e]*")
_MAX_BYTES: Final = 8 * 1024


@dataclass(frozen=True, slots=True)
class OfRequest:
    """A value of the client's request."""

    name: str
    read: RequestValue


@dataclass(frozen=True, slots=True)
class OfPart:
    """The values at a path of an earlier part."""

    name: str
    part: str
    path: JsonPath


Piece: TypeAlias = str | OfRequest | OfPart
Pieces: TypeAlias = tuple[Piece, ...]
Found: TypeAlias = Mapping[OfPart, Sequence[bytes]]
"""The values of parts, for each reference to them."""


@dataclass(frozen=True, slots=True)
class TargetInputs:
    """The values of which a target is made."""

    head: RequestHead
    context: RequestContext
    found: Found


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed target: its segments, and the names and values of its query."""

    text: str
    segments: tuple[Pieces, ...]
    query: tuple[tuple[str, Pieces], ...]

    @property
    def of_parts(self) -> tuple[OfPart, ...]:
        """The references to earlier parts."""
        return tuple(each for each in self._pieces if isinstance(each, OfPart))

    @property
    def of_request(self) -> tuple[OfRequest, ...]:
        """The references to the client's request."""
        return tuple(each for each in self._pieces if isinstance(each, OfRequest))

    @property
    def _pieces(self) -> list[Piece]:
        values = [*self.segments, *(value for _, value in self.query)]
        return [piece for pieces in values for piece in pieces]

    @property
    def many(self) -> OfPart | None:
        """The reference that stands for many values, if any."""
        return next((each for each in self.of_parts if not each.path.is_single), None)

    @property
    def many_in_path(self) -> bool:
        """Whether the path has one of many values, so that each needs a request."""
        return any(self.many in pieces for pieces in self.segments if self.many)

    def path(self, inputs: TargetInputs, batch: Sequence[bytes]) -> str:
        """Return a path with its query; `batch` replaces the reference to many.

        Raise BadRequest for a value that the client has to send, and PartInputInvalid
        for values of parts that cannot be sent.
        """
        path = "/".join(_segment(pieces, inputs, batch) for pieces in self.segments)
        pairs = [
            f"{name}{value}"
            for name, pieces in self.query
            if (value := _value(pieces, inputs, batch)) is not None
        ]
        target = f"{path}?{'&'.join(pairs)}" if pairs else path
        if len(target) > _MAX_BYTES:
            message = f"The target {self.text} is longer than {_MAX_BYTES} bytes."
            raise PartInputInvalid(message)
        if escapes(path):
            message = f"A value of {self.text} is a dot segment."
            raise PartInputInvalid(message) if self.of_parts else BadRequest(message)
        return target


def parse_target(text: str, pattern: PathPattern, earlier: Container[str]) -> Target:
    """Parse a target; raise InvalidReference, or InvalidPath.

    `pattern` is that of the route, and `earlier` are the names of earlier parts.
    """
    path, mark, query = text.partition("?")
    if not path.startswith("/") or path.startswith("//"):
        message = f'expected a path that begins with one "/", got {path!r}'
        raise InvalidReference(message)
    segments = [_pieces(each, pattern, earlier) for each in path.split("/")]
    parameters = [_parameter(each, pattern, earlier) for each in query.split("&")]
    target = Target(text, tuple(segments), tuple(parameters) if mark else ())
    many = {each for each in target.of_parts if not each.path.is_single}
    if len(many) > 1:
        names = " and ".join(sorted(f"{{{each.name}}}" for each in many))
        message = f"only one reference with * is possible, got {names}"
        raise InvalidReference(message)
    return target


def _parameter(
    text: str, pattern: PathPattern, earlier: Container[str]
) -> tuple[str, Pieces]:
    name, separator, value = text.partition("=")
    if "{" in name:
        message = f"a reference is in the value of a parameter, not in its name: {name}"
        raise InvalidReference(message)
    literal = _pieces(name, pattern, earlier)
    return "".join(map(str, literal)) + separator, _pieces(value, pattern, earlier)


def _pieces(text: str, pattern: PathPattern, earlier: Container[str]) -> Pieces:
    pieces: list[Piece] = []
    for index, piece in enumerate(split_references(text)):
        if index % 2:
            pieces.append(_reference(piece, pattern, earlier))
        elif not _LITERAL.fullmatch(piece):
            message = 'expected ASCII without spaces and "#"'
            raise InvalidReference(message)
        elif piece:
            pieces.append(piece)
    return tuple(pieces)


def _reference(
    name: str, pattern: PathPattern, earlier: Container[str]
) -> OfRequest | OfPart:
    part, separator, path = name.partition(".")
    if separator and part in earlier:
        return OfPart(name, part, parse_path(path))
    return OfRequest(name, request_value(name, pattern))


def _segment(pieces: Pieces, inputs: TargetInputs, batch: Sequence[bytes]) -> str:
    segment = ""
    for piece in pieces:
        value = _text(piece, inputs, batch)
        if value is None and isinstance(piece, OfRequest):
            message = f"The request has no value for {{{piece.name}}}."
            raise BadRequest(message)
        segment += value or ""
    if pieces and not segment:
        message = "A value of the path is empty."
        of_part = any(isinstance(piece, OfPart) for piece in pieces)
        raise PartInputInvalid(message) if of_part else BadRequest(message)
    return segment


def _value(pieces: Pieces, inputs: TargetInputs, batch: Sequence[bytes]) -> str | None:
    """Return the value of a parameter, or None if the client's request has no value."""
    values = [_text(piece, inputs, batch) for piece in pieces]
    present = [each for each in values if each is not None]
    return "".join(present) if len(present) == len(values) else None


def _text(piece: Piece, inputs: TargetInputs, batch: Sequence[bytes]) -> str | None:
    match piece:
        case str():
            return piece
        case OfRequest():
            value = piece.read(inputs.head, inputs.context)
            return None if value is None else quote(value, safe="")
        case OfPart():
            values = inputs.found[piece] if piece.path.is_single else batch
            if not values:
                message = f"There is no value for {{{piece.name}}}."
                raise PartInputInvalid(message)
            return ",".join(quote(each, safe="") for each in values)
