"""The one rule by which the path of a request is read, whatever serves it.

The raw path is split at "/", each segment is percent-decoded once, and bytes are
compared. So `%2F` belongs to its segment (RFC 3986 §2.2), `%67raphql` is
`graphql`, and `%2567` is `%67`. Upper and lower case differ, except in `%2f` and `%2F`.
A segment is never changed otherwise: `//`, a slash at the end and `;parameters` make
another path, and the dot segments `.` and `..` match nothing.

Text stands for bytes here: each character is one byte (latin-1), as in a raw path.
"""

import re
from typing import Final
from urllib.parse import unquote

BYTES: Final = "latin-1"
NO_VALUES: Final = frozenset({"", ".", ".."})
"""Segments that are never the value of a parameter.

RFC 3986 §5.2.4: clients and proxies remove dot segments. A path that still has
one is a way around the rules of whatever is in front.
"""

_MALFORMED = re.compile("%(?![0-9A-Fa-f]{2})")


def segments_of(path: str) -> list[str]:
    """Split a raw path and decode its segments; the first is what precedes "/"."""
    if "%" not in path:
        return path.split("/")
    return [unquote(segment, BYTES) for segment in path.split("/")]


def is_malformed(path: str) -> bool:
    """Return whether a "%" of the path is not followed by two hexadecimal digits."""
    return "%" in path and _MALFORMED.search(path) is not None
