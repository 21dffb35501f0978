"""The protection of the control port: from other clients, and from web pages.

A page cannot read another origin, but it can make its own name resolve to 127.0.0.1
(DNS rebinding), so that the control port is its own origin. The Host header shows that.
And it can post to any address without reading the response. The Origin header shows
that. An address literal in Host cannot be rebound: probes and scrapers may use one.
"""

from collections.abc import Callable
from ipaddress import ip_address

from weir.gateway.control.access import ControlAccess, authorize, is_reading
from weir.gateway.control.errors import CrossSite, HostNotAllowed
from weir.gateway.edge.header_map import HeaderMap, header_map
from weir.gateway.edge.problem import PROBLEM_JSON, problem_body
from weir.gateway.errors import AddressNotAllowed, WeirError
from weir.gateway.events import EventSink, SecurityDecision
from weir.gateway.server.asgi import ASGIApp, Receive, Scope, Send

_LOOPBACK_NAME = "localhost"
_METHOD = "control_token"
_MAX_PATH = 200


class Guard:
    """A layer that rejects requests which the current `access` does not allow.

    It emits each rejection and each allowed change.
    """

    def __init__(
        self, app: ASGIApp, access: Callable[[], ControlAccess], sink: EventSink
    ) -> None:
        self._app = app
        self._access = access
        self._sink = sink

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            method, fields = scope["method"], header_map(scope["headers"])
            address = scope["client"][0] if scope["client"] else ""
            try:
                token = admit(self._access(), method, fields, address)
            except WeirError as error:
                self._emit(scope, address, error.code)
                await _refuse(error, send)
                return
            if not is_reading(method):
                self._emit(scope, address, "", token)
        await self._app(scope, receive, send)

    def _emit(self, scope: Scope, address: str, reason: str, token: str = "") -> None:
        self._sink.emit(
            SecurityDecision(
                request_id="",
                decision="denied" if reason else "allowed",
                reason=reason,
                method=_METHOD,
                subject=token,
                client_address=address,
                rule=f"{scope['method']} {scope['path'][:_MAX_PATH]}",
            )
        )


def admit(access: ControlAccess, method: str, fields: HeaderMap, address: str) -> str:
    """Return the name of the token of an allowed request, "" if none is needed.

    Raises AddressNotAllowed, HostNotAllowed, CrossSite, Unauthenticated or Forbidden.
    """
    if not access.addresses.allows(address):
        raise AddressNotAllowed
    host = fields.get(b"host", b"").decode("latin-1").lower()
    name = _without_port(host)
    known = name == _LOOPBACK_NAME or name in access.host_names
    if not known and not _is_address(name):
        detail = f"This is not a host of the control port: {name!r}."
        raise HostNotAllowed(detail)
    origin = fields.get(b"origin", b"").decode("latin-1").lower()
    if origin and not is_reading(method) and origin.partition("://")[2] != host:
        raise CrossSite
    return authorize(access, method, fields)


async def _refuse(error: WeirError, send: Send) -> None:
    body = problem_body(error, "", development=False)
    await send(
        {
            "type": "http.response.start",
            "status": error.row.status,
            "headers": [
                (b"content-type", PROBLEM_JSON),
                (b"content-length", b"%d" % len(body)),
                *error.response_headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
