"""The forms of a request target (RFC 9112 §3.2)."""

import re
from functools import lru_cache
from typing import TypeAlias

from weir.gateway.errors import BadRequest

_KNOWN_TARGETS = 256
_ABSOLUTE = re.compile(rb"(https?)://([^/?#]*)([^#]*)", re.IGNORECASE)


Target: TypeAlias = tuple[str, str, bytes]
"""A path, a query, and the authority of an absolute-form, or b"" in other forms."""


@lru_cache(_KNOWN_TARGETS)
def parse_target(target: bytes, method: str) -> Target:
    """Split a target that has no characters outside ASCII; raise BadRequest."""
    host = b""
    if target == b"*":
        if method != "OPTIONS":
            # §3.2.4: the asterisk-form is for OPTIONS alone.
            detail = "The request target * is for OPTIONS alone."
            raise BadRequest(detail)
    elif target[:1] != b"/":
        target, host = _relative(target, method)
    path, _, query = target.decode("ascii").partition("?")
    if "#" in path or "#" in query:
        # RFC 9112 §3.2: no form of a target has a fragment.
        detail = "The request target has a fragment."
        raise BadRequest(detail)
    return path, query, host


def _relative(target: bytes, method: str) -> tuple[bytes, bytes]:
    """Return another form of an absolute-form, and its authority.

    §3.2.2 requires every server to accept an absolute-form.
    """
    match = _ABSOLUTE.fullmatch(target)
    if match is None:
        detail = "The request target is neither a path nor an http URL."
        raise BadRequest(detail)
    authority, rest = match[2], match[3]
    if not authority or b"@" in authority:
        # RFC 9110 §4.2.1 rejects an empty host, §4.2.4 user information.
        detail = "The request target has no host, or user information."
        raise BadRequest(detail)
    if not rest and method == "OPTIONS":
        return b"*", authority
    return rest if rest[:1] == b"/" else b"/" + rest, authority
