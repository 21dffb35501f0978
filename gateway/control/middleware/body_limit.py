"""The limits of request bodies on the control port: their size, and no coding."""

from collections.abc import Iterable
from typing import Final

from starlette.exceptions import HTTPException

from weir.gateway.edge.request_coding import CONTENT_ENCODING
from weir.gateway.server.asgi import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES: Final = 256 * 1024
PAYLOAD_TOO_LARGE: Final = 413
UNSUPPORTED_MEDIA_TYPE: Final = 415


class BodyLimit:
    """A layer that rejects bodies above the limit (413), and encoded ones (415)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = 0
        is_encoded = scope["type"] == "http" and _is_encoded(scope["headers"])

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received and is_encoded:
                raise HTTPException(UNSUPPORTED_MEDIA_TYPE)
            if received > MAX_BODY_BYTES:
                raise HTTPException(PAYLOAD_TOO_LARGE)
            return message

        await self._app(scope, bounded, send)


def _is_encoded(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(
        name == CONTENT_ENCODING and value.strip().lower() != b"identity"
        for name, value in headers
    )
