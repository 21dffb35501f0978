"""The handshake of WebSocket (RFC 6455 §4), and of other protocols (RFC 9110 §7.8)."""

from typing import Final

from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.route_steps.cors import AllowsOrigin
from weir.gateway.errors import Forbidden
from weir.gateway.headers import Headers, connection_options, header, list_members
from weir.gateway.routes.matching.path import BYTES
from weir.gateway.transport.errors import UpstreamProtocolError

WEBSOCKET: Final = "websocket"


def requested_protocol(head: RequestHead) -> str:
    """Return the protocol that a request without a body wants to switch to, or "".

    It is in lower case. A request for one of several protocols has none.
    """
    upgrade = head.headers.get(b"upgrade")
    if upgrade is None:
        return ""
    protocol = upgrade.decode(BYTES).lower()
    can_switch = (
        head.http_version == "1.1"
        and b"upgrade" in connection_options(head.headers.get(b"connection", b""))
        and b"transfer-encoding" not in head.headers
        and not int(head.headers.get(b"content-length", b"0"))
        # RFC 6455 §4.1
        and (protocol != WEBSOCKET or head.method == "GET")
    )
    return protocol if can_switch else ""


def check_origin(head: RequestHead, allows: AllowsOrigin) -> None:
    """Raise Forbidden for a page of an origin that is not allowed.

    Browsers send no preflight for WebSocket, and the page can read all messages. A page
    of the requested host itself is allowed.
    """
    origin = head.headers.get(b"origin")
    if origin is None:
        return
    text = origin.decode(BYTES)
    host = head.headers.get(b"host", b"").decode(BYTES)
    if text.lower() not in _origins_of(host.lower()) and not allows(text):
        detail = "Pages of this origin may not open a WebSocket here."
        raise Forbidden(detail)


def _origins_of(host: str) -> tuple[str, ...]:
    """Return the origins of the pages at a host, without the default ports.

    The scheme of the pages is unknown behind a proxy that terminates TLS.
    """
    http, https = host.removesuffix(":80"), host.removesuffix(":443")
    return f"http://{http}", f"https://{https}"


def switched(headers: Headers, protocol: str) -> Headers:
    """Return the field for the client's 101; raise UpstreamProtocolError."""
    chosen = (header(headers, b"upgrade") or b"").decode(BYTES)
    if chosen.lower() != protocol:
        message = f"the service switched to {chosen!r}, not to {protocol!r}"
        raise UpstreamProtocolError(message)
    if b"upgrade" not in list_members(headers, b"connection"):
        message = 'the response with 101 has no "connection: upgrade"'
        raise UpstreamProtocolError(message)
    return ((b"upgrade", chosen.encode(BYTES)),)
