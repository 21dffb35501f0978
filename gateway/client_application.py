"""The application of a client, as its requests name it.

https://www.apollographql.com/docs/graphos/platform/insights/client-segmentation
"""

from typing import Final, NamedTuple

from weir.gateway.context import RequestContext

_LONGEST: Final = 64
_NAMES: Final = (b"apollographql-client-name", b"graphql-client-name")
_VERSIONS: Final = (b"apollographql-client-version", b"graphql-client-version")


class ClientApplication(NamedTuple):
    """The name and the version of an application, "" if they are not known."""

    name: str
    version: str


def client_application(context: RequestContext) -> ClientApplication:
    """Return the application of a request.

    A client that does not name itself has the name of its verified credential.
    """
    headers = context.client_headers
    name = _text(next((headers[each] for each in _NAMES if each in headers), b""))
    version = next((headers[each] for each in _VERSIONS if each in headers), b"")
    return ClientApplication(name or context.identity.client_id, _text(version))


def _text(value: bytes) -> str:
    """Return a header of a client as a short text that can be printed."""
    text = value[:_LONGEST].decode("utf-8", "replace")
    return text if text.isprintable() else ""
