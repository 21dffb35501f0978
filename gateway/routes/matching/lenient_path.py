"""The path of a request as a lenient service may read it.

Services differ in what they treat as equal: they merge slashes, decode more often than
once, treat a backslash as a slash, or ignore `;parameters`. If the reading of a service
belongs to another route, the rules of that route can be avoided.
"""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote

from weir.gateway.routes.matching.path import BYTES

_AMBIGUOUS: Final = re.compile(r"//|[;\\]|%(?:2[5Ff]|3[Bb]|5[Cc])")
_SEPARATORS: Final = re.compile(r"[/\\]+")


def is_ambiguous(path: str) -> bool:
    """Return whether a lenient service may read a raw path in another way."""
    return _AMBIGUOUS.search(path) is not None


def lenient_segments(segments: Sequence[str]) -> list[str]:
    """Return the segments of `segments_of` as a lenient service may read them."""
    decoded = unquote("/".join(segments), BYTES)
    parts = [each.partition(";")[0] for each in _SEPARATORS.split(decoded)]
    return ["", *filter(None, parts)]
