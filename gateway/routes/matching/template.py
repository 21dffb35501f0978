"""Path templates, such as `/v1/titles/{id}`.

A template is written decoded (`/a b`, not `/a%20b`), and a parameter is a whole
segment. Two templates of the same shape claim the same paths.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from weir.gateway.routes.matching.path import BYTES

Shape: TypeAlias = tuple[str | None, ...]
"""The segments of a template: a literal, or None for a parameter.

The characters of a literal are the bytes of its UTF-8 form: see
`gateway.routes.matching.path`.
"""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_DOT_SEGMENTS = frozenset({".", ".."})


class InvalidTemplate(ValueError):
    """A template that no path can match; the message is the reason."""


@dataclass(frozen=True, slots=True)
class PathTemplate:
    """A parsed template; `parameters` are its names in order."""

    text: str
    shape: Shape
    parameters: tuple[str, ...]

    def under(self, prefix: "PathTemplate") -> "PathTemplate":
        """Return this template below `prefix`, which has no parameters."""
        return PathTemplate(
            prefix.text + self.text, prefix.shape + self.shape, self.parameters
        )


def parameter_texts(shape: Shape, segments: Sequence[str]) -> Iterator[str]:
    """Yield the values of the parameters of a path, in order.

    `segments` are those after the first "/". Bytes that are not UTF-8 are replaced.
    """
    for literal, segment in zip(shape, segments, strict=False):
        if literal is None:
            yield segment.encode(BYTES).decode(errors="replace")


def parse_template(text: str) -> PathTemplate:
    """Parse a template; raise InvalidTemplate.

    Only the template `/` may have an empty segment: below a prefix it is the path of
    the prefix with a slash at the end.
    """
    if not text.startswith("/"):
        message = f'it must begin with "/": write "/{text}"'
        raise InvalidTemplate(message)
    segments = text.split("/")[1:]
    for segment in segments:
        _check(segment, text)
    parameters = tuple(s[1:-1] for s in segments if _is_parameter(s))
    for name in parameters:
        if parameters.count(name) > 1:
            message = f"{{{name}}} is used twice: one of its values would be lost"
            raise InvalidTemplate(message)
    shape = tuple(None if _is_parameter(s) else _as_bytes(s) for s in segments)
    return PathTemplate(text, shape, parameters)


def parse_prefix(text: str) -> PathTemplate:
    """Parse a prefix of templates, such as `/web`; raise InvalidTemplate.

    The empty text is the prefix of all paths.
    """
    if not text:
        return PathTemplate("", (), ())
    if text.endswith("/"):
        message = f'it must not end with "/": write "{text.rstrip("/")}"'
        raise InvalidTemplate(message)
    prefix = parse_template(text)
    if prefix.parameters:
        message = f'only the paths of operations have parameters, got "{text}"'
        raise InvalidTemplate(message)
    return prefix


def _check(segment: str, text: str) -> None:
    if _is_parameter(segment):
        return
    empty = not segment and text != "/"
    rules = (
        (empty, f'it has an empty segment: "{text}"'),
        # RFC 3986 §3.3: a path ends at the first "?" or "#".
        ("?" in segment, "a query is not a part of a path: leave it out"),
        ("#" in segment, "a fragment is not a part of a path: leave it out"),
        ("%" in segment, "it is compared after decoding: write it decoded"),
        (segment in _DOT_SEGMENTS, "clients remove dot segments before they send"),
        ("{" in segment or "}" in segment, "a parameter is a whole segment: {name}"),
        (not segment.isprintable(), "it has a character that is not printable"),
    )
    for is_broken, reason in rules:
        if is_broken:
            message = reason if empty else f"{segment!r}: {reason}"
            raise InvalidTemplate(message)


def _is_parameter(segment: str) -> bool:
    return (
        segment[:1] == "{"
        and segment[-1:] == "}"
        and _NAME.fullmatch(segment[1:-1]) is not None
    )


def _as_bytes(literal: str) -> str:
    return literal.encode().decode(BYTES)
