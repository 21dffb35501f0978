"""The protection of the control port from web pages.

A page cannot read another origin, but it can make its own name resolve to 127.0.0.1
(DNS rebinding), so that the control port is its own origin. The Host header shows that.
And it can post to any address without reading the response. The Origin header shows
that. An address literal in Host cannot be rebound: probes and scrapers may use one.
"""

from collections.abc import Iterable
from ipaddress import ip_address

from weir.gateway.control.errors import CrossSite, HostNotAllowed
from weir.gateway.edge.header_map import HeaderMap, header_map
from weir.gateway.edge.problem import PROBLEM_JSON, problem_body
from weir.gateway.errors import WeirError
from weir.gateway.server.asgi import ASGIApp, Receive, Scope, Send

_LOOPBACK_NAME = "localhost"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """A layer that rejects requests from foreign web pages in a browser."""

    def __init__(self, app: ASGIApp, names: Iterable[str] = ()) -> None:
        self._app = app
        self._names = frozenset((_LOOPBACK_NAME, *(name.lower() for name in names)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            refusal = self.refusal(scope["method"], header_map(scope["headers"]))
            if refusal is not None:
                await _refuse(refusal, send)
                return
        await self._app(scope, receive, send)

    def refusal(self, method: str, fields: HeaderMap) -> WeirError | None:
        host = fields.get(b"host", b"").decode("latin-1").lower()
        name = _without_port(host)
        if name not in self._names and not _is_address(name):
            return HostNotAllowed(f"This is not a host of the control port: {name!r}.")
        origin = fields.get(b"origin")
        if origin is None or method in _READING:
            return None
        if origin.decode("latin-1").lower().partition("://")[2] == host:
            return None
        return CrossSite()


async def _refuse(error: WeirError, send: Send) -> None:
    body = problem_body(error, "", development=False)
    await send(
        {
            "type": "http.response.start",
            "status": error.row.status,
            "headers": [
                (b"content-type", PROBLEM_JSON),
                (b"content-length", b"%d" % len(body)),
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
