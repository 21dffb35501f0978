"""The application of a client, as its requests or its credential name it.

Names and versions are labels of metrics and parts of log lines. So they are short texts
that can be printed.

https://www.apollographql.com/docs/graphos/platform/insights/client-segmentation
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

_LONGEST: Final = 64
_LONGEST_ID: Final = 256
_NAMES: Final = (b"apollographql-client-name", b"graphql-client-name")
_VERSIONS: Final = (b"apollographql-client-version", b"graphql-client-version")
_FIELDS: Final = frozenset({*_NAMES, *_VERSIONS})


class ClientApplication(NamedTuple):
    """The name and the version of an application, "" if they are not known."""

    name: str
    version: str


UNKNOWN_APPLICATION: Final = ClientApplication("", "")


def client_application(headers: Mapping[bytes, bytes]) -> ClientApplication:
    """Return the application that a request names, by lower-case fields."""
    if _FIELDS.isdisjoint(headers):
        return UNKNOWN_APPLICATION
    return ClientApplication(_text(headers, _NAMES), _text(headers, _VERSIONS))


@lru_cache(maxsize=256)
def identified_application(client_id: str, version: str) -> ClientApplication:
    """Return the application that a verified credential names.

    A claim can be of any length, and can have control characters.
    """
    return ClientApplication(_printable(client_id[:_LONGEST_ID]), version)


def _text(headers: Mapping[bytes, bytes], names: tuple[bytes, ...]) -> str:
    value = next((headers[each] for each in names if each in headers), b"")
    return _printable(value[:_LONGEST].decode("utf-8", "replace"))


def _printable(text: str) -> str:
    return text if text.isprintable() else ""
