"""The protection of the control port: from other clients, and from web pages.

A page cannot read another origin, but it can make its own name resolve to 127.0.0.1
(DNS rebinding), so that the control port is its own origin. The Host header shows that.
And it can post to any address without reading the response. The Origin header shows
that. An address literal in Host cannot be rebound: probes and scrapers may use one.
"""

from collections.abc import Callable

from weir.gateway.client_network import parse_address
from weir.gateway.control.access import (
    ControlAccess,
    ControlToken,
    authorize,
    is_reading,
    token_of,
)
from weir.gateway.control.errors import CrossSite, HostNotAllowed
from weir.gateway.edge.header_map import HeaderMap, header_map
from weir.gateway.edge.problem import PROBLEM_JSON, problem_body
from weir.gateway.errors import AddressNotAllowed, WeirError
from weir.gateway.events import ControlDecision, EventSink
from weir.gateway.server.asgi import ASGIApp, Receive, Scope, Send

_LOOPBACK_NAME = "localhost"
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
            refusal = self._decide(scope)
            if refusal is not None:
                await _refuse(refusal, send)
                return
        await self._app(scope, receive, send)

    def _decide(self, scope: Scope) -> WeirError | None:
        """Return the error of a request that is not allowed, and emit the decision."""
        access, method = self._access(), scope["method"]
        fields = header_map(scope["headers"])
        address = scope["client"][0] if scope["client"] else ""
        token = token_of(access.tokens, fields)
        refusal: WeirError | None = None
        try:
            admit(access, method, fields, address, token)
        except WeirError as error:
            refusal = error
        if refusal is not None or not is_reading(method):
            self._sink.emit(
                ControlDecision(
                    method=method,
                    path=scope["path"][:_MAX_PATH],
                    token=token.name if token else "",
                    client_address=address,
                    reason=refusal.code if refusal else "",
                )
            )
        return refusal


def admit(
    access: ControlAccess,
    method: str,
    fields: HeaderMap,
    address: str,
    token: ControlToken | None,
) -> None:
    """Raise the error of a request that is not allowed.

    Raises AddressNotAllowed, HostNotAllowed, CrossSite, Unauthenticated or Forbidden.
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
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
