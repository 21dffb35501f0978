"""The parts of a URL that hold credentials in practice."""

import re

_MASK = "***"
_QUERY_VALUE = re.compile(r"(?<==)[^&#]+")


def without_credentials(url: str) -> str:
    """Return `url` with its user part and the values of its query masked.

    It need not be a valid URL. The user part (RFC 3986 section 3.2.1) ends at the last
    @, because a password may hold one.
    """
    before, at, after = url.rpartition("@")
    if at:
        scheme, separator, _ = before.partition("://")
        url = f"{scheme}{separator}{_MASK}@{after}" if separator else f"{_MASK}@{after}"
    path, mark, query = url.partition("?")
    return f"{path}{mark}{_QUERY_VALUE.sub(_MASK, query)}"
