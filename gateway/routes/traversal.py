"""Detection of paths that could escape the prefix of their route.

A service may decode a path more often than once, treat a backslash as a slash, or
ignore `;parameters` of a segment. A path that contains a dot segment in any of these
readings is therefore not sent to a service.
"""

import re
from typing import Final
from urllib.parse import unquote

from weir.gateway.errors import BadRequest
from weir.gateway.routes.matching.path import BYTES

_SUSPICIOUS: Final = re.compile(r"/\.|%|\\|;")
_SEPARATORS: Final = re.compile(r"[/\\]")
_READINGS: Final = 3
"""The raw path, and two decodings."""
_SHOWN: Final = 200
"""The number of characters of a path that an error shows."""


def check_path(path: str) -> None:
    """Raise BadRequest for the path of a client that `escapes`."""
    if escapes(path):
        detail = f"The path {path[:_SHOWN]!r} has a dot segment."
        raise BadRequest(detail)


def escapes(path: str) -> bool:
    """Return whether a raw path has a dot segment, or a NUL, in one of its readings."""
    if _SUSPICIOUS.search(path) is None:
        return False
    reading = path
    for _ in range(_READINGS):
        if "\0" in reading or any(map(_is_dots, _SEPARATORS.split(reading))):
            return True
        decoded = unquote(reading, BYTES)
        if decoded == reading:
            return False
        reading = decoded
    return False


def _is_dots(segment: str) -> bool:
    return segment.partition(";")[0] in (".", "..")
