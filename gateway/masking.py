"""Removal of credentials from URLs and other texts, and detection of their names."""

import re
from typing import Final

MASK: Final = "***"
_QUERY_VALUE: Final = re.compile(r"(?<==)[^&#]+")
_NAME: Final = (
    r"authorization|cookie|api[-_]?key|private[-_]?key|token|secret|passw(?:or)?d"
    r"|passphrase|pwd|credential|signature|session"
)
_NAMED: Final = re.compile(_NAME, re.IGNORECASE)
_WORD: Final = re.compile(r"[^\s\"']+")
_SECRETS: Final = re.compile(
    # A name in quotes or without them, with "=", ":", "=>" or, in a tuple, ",".
    rf"(?P<name>(?:(?P<line>authorization|cookie)|{_NAME})[\w.-]*+"
    r"(?:\\*[\"']\s*,|\\*[\"']?\s*[:=]+>?)\s*)"
    r"(?:[bru]{0,2}\\*(?P<quote>[\"'])(?:\\.|(?!(?P=quote))[^\\])*(?:(?P=quote)|\\|$)"
    r"|[\[({].*"  # values of which the end is not known
    r"|(?(line)[^\r\n\"']+|\S+))"
    r"|\b(?P<scheme>(?:bearer|basic)\s+)\S+"  # a credential of a header field
    r"|\beyj[\w-]+\.[\w-]+\.[\w-]*"  # a JWT
    r"|\bweir_[0-9a-z]{49}",  # an API key
    re.IGNORECASE | re.DOTALL,
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
    return _NAMED.search(header) is not None


def without_secrets(text: str) -> str:
    """Return a text with the secrets masked that have a known form or name.

    Those are the user parts and queries of URLs, values with the name of a credential,
    bearer tokens, JWTs and API keys of Weir. More may be masked than the secrets.
    """
    return _SECRETS.sub(_masked, _WORD.sub(_without_parts_of_url, text))


def _without_parts_of_url(word: re.Match[str]) -> str:
    # An @ outside of a URL may be in a value, which is then masked as a whole.
    text = word[0]
    return without_credentials(text) if "://" in text else without_query_values(text)


def _masked(match: re.Match[str]) -> str:
    return f"{match['name'] or match['scheme'] or ''}{MASK}"
