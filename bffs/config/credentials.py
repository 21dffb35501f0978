"""Removal of credentials from URLs, and detection of header fields that hold them."""

import re
from typing import Final

MASK: Final = "***"
_QUERY_VALUE: Final = re.compile(r"(?<==)[^&#]+")
_HEADER: Final = re.compile(
    r"authorization|cookie|api-?key|token|secret|password|credential|signature|session",
    re.IGNORECASE,
)


def without_credentials(url: str) -> str:
    """Return `url` without the user part and the values of the query."""
    return without_query_values(without_userinfo(url))


def without_userinfo(url: str) -> str:
    """Return `url`, valid or not, with its user part masked (RFC 3986 §3.2.1).

    The user part ends at the last @, because a password may contain an @.
    """
    before, at, after = url.rpartition("@")
    if not at:
        return url
    scheme, separator, _ = before.partition("://")
    return f"{scheme}{separator}{MASK}@{after}" if separator else f"{MASK}@{after}"


def without_query_values(url: str) -> str:
    """Return `url` with the values of its query masked."""
    path, mark, query = url.partition("?")
    return f"{path}{mark}{_QUERY_VALUE.sub(MASK, query)}"


def is_credential(header: str) -> bool:
    """Return whether the value of a header field of this name is a secret."""
    return _HEADER.search(header) is not None
