"""The limit of request bodies on the control port."""

from typing import Final

from starlette.exceptions import HTTPException

from weir.gateway.server.asgi import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES: Final = 256 * 1024
PAYLOAD_TOO_LARGE: Final = 413


class BodyLimit:
    """A layer that rejects bodies above the limit with status 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = 0

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BODY_BYTES:
                raise HTTPException(PAYLOAD_TOO_LARGE)
            return message

        await self._app(scope, bounded, send)
