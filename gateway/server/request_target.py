"""The forms of a request target (RFC 9112 §3.2)."""

import re
from typing import NamedTuple

from weir.gateway.errors import BadRequest

_ABSOLUTE = re.compile(rb"(https?)://([^/?#]*)([^#]*)", re.IGNORECASE)


class Target(NamedTuple):
    """Where a request goes; `host` is the authority of an absolute-form, else b""."""

    path: str
    query: str
    host: bytes


def parse_target(target: bytes, method: str) -> Target:
    """Split a target that has no characters outside ASCII; raises BadRequest."""
    if target[:1] == b"/":
        return _split(target, b"")
    if target == b"*":
        return _asterisk(method)
    return _absolute(target, method)


def _split(origin_form: bytes, host: bytes) -> Target:
    path, _, query = origin_form.decode("ascii").partition("?")
    if "#" in path or "#" in query:
        # RFC 9112 §3.2: no form of a target has a fragment.
        detail = "The request target has a fragment."
        raise BadRequest(detail)
    return Target(path, query, host)


def _asterisk(method: str) -> Target:
    if method != "OPTIONS":
        # §3.2.4: the asterisk-form is for OPTIONS alone.
        detail = "The request target * is for OPTIONS alone."
        raise BadRequest(detail)
    return Target("*", "", b"")


def _absolute(target: bytes, method: str) -> Target:
    """Read an absolute-form, which §3.2.2 requires every server to accept."""
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
        return Target("*", "", authority)
    return _split(rest if rest[:1] == b"/" else b"/" + rest, authority)
