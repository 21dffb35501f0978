"""Reads Cache-Control (RFC 9111 section 5.2)."""

from collections.abc import Mapping
from re import compile as compile_pattern
from typing import Final, TypeAlias

from gateway.headers import Headers, header_values

Directives: TypeAlias = Mapping[str, str | None]
"""Names in lower case; None where a directive has no argument."""

_DIRECTIVE: Final = compile_pattern(
    r'\s*,*\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?'
)
MAX_SECONDS: Final = 2.0**31
"""RFC 9111 section 1.2.2: what is larger counts as this."""


def cache_control(headers: Headers) -> Directives:
    """Return the directives of all Cache-Control fields; of two equal, the first."""
    found: dict[str, str | None] = {}
    for value in header_values(headers, b"cache-control"):
        for match in _DIRECTIVE.finditer(value.decode("latin-1")):
            name, quoted, token = match.groups()
            found.setdefault(name.lower(), token if quoted is None else quoted)
    return found


def seconds(directives: Directives, name: str) -> float | None:
    """Return a directive's delta-seconds, or None where it is absent.

    RFC 9111 section 4.2.1: a response with invalid freshness information is best
    considered stale, so what is no number counts as 0.
    """
    if name not in directives:
        return None
    value = directives[name] or ""
    if not (value.isascii() and value.isdigit()):
        return 0.0
    return min(float(value), MAX_SECONDS)
