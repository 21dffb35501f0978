"""The places in a request that name a version of an API.

path:version        the parameter {version} of the path of the route
header:api-version  a header field
query:v             a query parameter
accept:version      a parameter of a media type in Accept: application/json; version=2
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

from weir.gateway.edge.request import RequestHead
from weir.gateway.routes.matching.path import BYTES, segments_of
from weir.gateway.routes.matching.pattern import PathPattern

Stated: TypeAlias = Callable[[RequestHead], Iterable[str]]
"""A function that returns the versions that a place names, or none."""

_ACCEPT: Final = b"accept"
_KINDS: Final = "path:<parameter>, header:<name>, query:<name> or accept:<parameter>"


class InvalidSource(ValueError):
    """A text that names no place of a request; the message is the reason."""


@dataclass(frozen=True, slots=True)
class VersionSource:
    """A place; `field` is the header field that it depends on, or b""."""

    text: str
    stated: Stated
    field: bytes = b""


def parse_source(text: str, pattern: PathPattern) -> VersionSource:
    """Parse a place for a route with this pattern; raise InvalidSource."""
    kind, _, name = text.partition(":")
    match kind:
        case "path" if name in pattern.parameters:
            return VersionSource(text, _of_path(name, pattern))
        case "path":
            message = f'"{pattern.text}" has no parameter {{{name}}}'
            raise InvalidSource(message)
        case "header" if name:
            field = name.lower().encode(BYTES, "replace")
            return VersionSource(text, _of_header(field), field)
        case "query" if name:
            return VersionSource(text, _of_query(name))
        case "accept" if name:
            return VersionSource(text, _of_accept(name.lower()), _ACCEPT)
        case _:
            message = f'expected {_KINDS}, got "{text}"'
            raise InvalidSource(message)


def _of_path(name: str, pattern: PathPattern) -> Stated:
    places = [index for index, each in enumerate(pattern.shape, 1) if each is None]
    place = places[pattern.parameters.index(name)]
    return lambda head: (segments_of(head.path)[place],)


def _of_header(field: bytes) -> Stated:
    def stated(head: RequestHead) -> Iterable[str]:
        value = head.headers.get(field)
        return () if value is None else (value.decode(BYTES),)

    return stated


def _of_query(name: str) -> Stated:
    def stated(head: RequestHead) -> Iterable[str]:
        pairs = parse_qsl(head.query, keep_blank_values=True)
        return [value for key, value in pairs if key == name]

    return stated


def _of_accept(name: str) -> Stated:
    def stated(head: RequestHead) -> Iterable[str]:
        text = head.headers.get(_ACCEPT, b"").decode(BYTES)
        parameters = (
            each.partition("=")
            for media_range in text.split(",")
            for each in media_range.split(";")[1:]
        )
        return [
            value.strip().strip('"')
            for key, _, value in parameters
            if key.strip().lower() == name
        ]

    return stated
