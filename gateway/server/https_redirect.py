"""The handler of a plain port: every request is redirected to the port with TLS."""

import re
from typing import Final

from weir.gateway.edge.exchange import Exchange, Handler
from weir.gateway.edge.origin import is_host
from weir.gateway.edge.response import Response
from weir.gateway.errors import BadRequest

_PERMANENT: Final = 308
"""RFC 9110 §15.4.9: a client repeats the request with its method and its body."""
_HTTPS_PORT: Final = 443
_PORT: Final = re.compile(rb":[0-9]*\Z")


def https_redirect(port: int) -> Handler:
    """Return a handler that redirects to the same host, at `port`."""
    suffix = b"" if port == _HTTPS_PORT else b":%d" % port

    async def redirect(exchange: Exchange) -> None:
        head = exchange.head
        host = head.headers.get(b"host", b"")
        if not is_host(host):
            detail = "A redirect to HTTPS needs the field Host."
            raise BadRequest(detail)
        path = head.path if head.path.startswith("/") else "/"
        target = f"{path}?{head.query}" if head.query else path
        location = b"https://" + _PORT.sub(b"", host) + suffix + target.encode()
        await exchange.send(
            Response(status=_PERMANENT, headers=((b"location", location),), body=b"")
        )

    return redirect
