"""The application of a client, as its requests name it.

https://www.apollographql.com/docs/graphos/platform/insights/client-segmentation
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

_LONGEST: Final = 64
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


def _text(headers: Mapping[bytes, bytes], names: tuple[bytes, ...]) -> str:
    """Return the first field of a client as a short text that can be printed."""
    value = next((headers[each] for each in names if each in headers), b"")
    text = value[:_LONGEST].decode("utf-8", "replace")
    return text if text.isprintable() else ""
