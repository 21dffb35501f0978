"""The values of a request that a configured text can refer to.

{id}             a parameter of the route's path
{query.limit}    a query parameter; of a repeated one, the first
{headers.x-a}    a header field
{cookies.group}  a cookie; of a repeated one, the first
{claims.tenant}  a claim of the caller's credential
"""

import re
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

from weir.gateway.claim_path import claim_at
from weir.gateway.context import RequestContext
from weir.gateway.edge.request import RequestHead
from weir.gateway.headers import cookies
from weir.gateway.json_types import JSONValue
from weir.gateway.routes.matching.path import BYTES, segments_of
from weir.gateway.routes.matching.pattern import PathPattern

RequestValue: TypeAlias = Callable[[RequestHead, RequestContext], bytes | None]
"""A function that returns a value of a request, or None if it has none."""

KINDS: Final = ("query", "headers", "cookies", "claims")
"""The beginnings of references to other values than parameters of the path."""
_FIELD: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_REFERENCE: Final = re.compile(r"\{([^{}]*)\}")


class InvalidReference(ValueError):
    """A reference to nothing that a request has; the message is the reason."""


def split_references(text: str) -> list[str]:
    """Return the literal texts and the references of a text, alternately.

    Raise InvalidReference for a brace that is not a part of a reference.
    """
    pieces = _REFERENCE.split(text)
    if any("{" in literal or "}" in literal for literal in pieces[::2]):
        message = "expected references such as {id}"
        raise InvalidReference(message)
    return pieces


def request_value(name: str, pattern: PathPattern) -> RequestValue:
    """Return the function for a reference without braces; raise InvalidReference."""
    if name in pattern.parameters:
        return _of_path(name, pattern)
    kind, _, key = name.partition(".")
    if key and kind == "query":
        return lambda head, _: _of_query(head, key)
    if kind == "headers" and _FIELD.fullmatch(key):
        field = key.lower().encode()
        return lambda head, _: head.headers.get(field)
    if key and kind == "cookies":
        cookie = key.encode()
        return lambda head, _: _first(cookie, cookies(head.headers.get(b"cookie", b"")))
    if key and kind == "claims":
        return lambda _, context: text_of(claim_at(context.identity.claims, key))
    known = ", ".join(f"{{{each}}}" for each in pattern.parameters)
    message = (
        f"unknown reference {{{name}}}; expected {known + ', ' if known else ''}"
        "{query.<name>}, {headers.<name>}, {cookies.<name>} or {claims.<path>}"
    )
    raise InvalidReference(message)


def field_of(name: str) -> bytes | None:
    """Return the header field of the client that a reference depends on, if any."""
    kind, _, key = name.partition(".")
    match kind:
        case "headers":
            return key.lower().encode()
        case "cookies":
            return b"cookie"
        case "claims":
            return b"authorization"
        case _:
            return None


def text_of(value: JSONValue) -> bytes | None:
    """Return a text, number or boolean as a text, and None for other values."""
    match value:
        case bool():
            return b"true" if value else b"false"
        case str():
            return value.encode(errors="replace")
        case int() | float():
            return repr(value).encode()
        case _:
            return None


def _of_path(name: str, pattern: PathPattern) -> RequestValue:
    places = [index for index, each in enumerate(pattern.shape, 1) if each is None]
    place = places[pattern.parameters.index(name)]
    return lambda head, _: segments_of(head.path)[place].encode(BYTES)


def _of_query(head: RequestHead, name: str) -> bytes | None:
    pairs = parse_qsl(head.query, keep_blank_values=True, encoding=BYTES)
    return _first(name.encode(), ((n.encode(BYTES), v.encode(BYTES)) for n, v in pairs))


def _first(name: bytes, pairs: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    return next((value for each, value in pairs if each == name), None)
