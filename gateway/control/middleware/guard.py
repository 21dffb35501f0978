"""The protection of the control port: from other clients, and from web pages.

A page cannot read another origin, but it can make its own name resolve to 127.0.0.1
(DNS rebinding), so that the control port is its own origin. The Host header shows that.
And it can post to any address without reading the response. The Origin header shows
that. An address literal in Host cannot be rebound: probes and scrapers may use one.
"""

from collections.abc import Callable
from dataclasses import dataclass

from weir.gateway.clients.network import parse_address
from weir.gateway.control.access import (
    ControlAccess,
    ControlToken,
    authorize,
    is_reading,
    token_of,
)
from weir.gateway.control.errors import CrossSite, HostNotAllowed
from weir.gateway.edge.header_map import HeaderMap, header_map
from weir.gateway.edge.responses.problem import PROBLEM_JSON, problem_body
from weir.gateway.errors import AddressNotAllowed, WeirError
from weir.gateway.events import ControlDecision, EventSink
from weir.gateway.server.asgi import ASGIApp, Message, Receive, Scope, Send

_LOOPBACK_NAME = "localhost"
_MAX_PATH = 200
_ERROR = "weir.error"


def note_error(scope: Scope, code: str) -> None:
    """Note the code of the error that a request failed with."""
    scope[_ERROR] = code


def noted_error(scope: Scope) -> str:
    """Return the code of the error that a request failed with, or ""."""
    code: str = scope.get(_ERROR, "")
    return code


class Guard:
    """A layer that rejects requests which the current `access` does not allow.

    It emits each rejection, and each change with the error that the application noted.
    """

    def __init__(
        self, app: ASGIApp, access: Callable[[], ControlAccess], sink: EventSink
    ) -> None:
        self._app = app
        self._access = access
        self._sink = sink

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        access, method = self._access(), scope["method"]
        fields = header_map(scope["headers"])
        address = scope["client"][0] if scope["client"] else ""
        token = token_of(access.tokens, fields)
        request = _Request(scope, address, token.name if token else "")
        try:
            admit(access, method, fields, address, token)
        except WeirError as error:
            self._sink.emit(request.decision("denied", error.row.status, error.code))
            await _refuse(error, send)
            return
        if is_reading(method):
            await self._app(scope, receive, send)
        else:
            await self._change(request, receive, send)

    async def _change(self, request: "_Request", receive: Receive, send: Send) -> None:
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(request.scope, receive, noting)
        finally:
            code = noted_error(request.scope)
            outcome = "failed" if code else "allowed"
            self._sink.emit(request.decision(outcome, status, code))


@dataclass(frozen=True, slots=True)
class _Request:
    """A request with the name of its token, for the event of its decision."""

    scope: Scope
    address: str
    token: str

    def decision(self, outcome: str, status: int, reason: str) -> ControlDecision:
        return ControlDecision(
            outcome=outcome,
            method=self.scope["method"],
            path=self.scope["path"][:_MAX_PATH],
            token=self.token,
            client_address=self.address,
            status=status,
            reason=reason,
        )


def admit(
    access: ControlAccess,
    method: str,
    fields: HeaderMap,
    address: str,
    token: ControlToken | None,
) -> None:
    """Raise the error of a request that is not allowed.

    Raise AddressNotAllowed, HostNotAllowed, CrossSite, Unauthenticated or Forbidden.
    """
    if not access.addresses.allows(address):
        raise AddressNotAllowed
    host = fields.get(b"host", b"").decode("latin-1").lower()
    name = _without_port(host)
    known = name == _LOOPBACK_NAME or name in access.host_names
    if not known and parse_address(name) is None:
        detail = f"This is not a host of the control port: {name!r}."
        raise HostNotAllowed(detail)
    origin = fields.get(b"origin", b"").decode("latin-1").lower()
    if origin and not is_reading(method) and origin.partition("://")[2] != host:
        raise CrossSite
    authorize(access, token, method)


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
        address, _, port = host[1:].partition("]")
        return host if port and not port.startswith(":") else address
    return host.partition(":")[0]
