"""HEAD for every resource that has GET (RFC 9110 §9.3.2), which FastAPI lacks."""

from weir.gateway.server.asgi import ASGIApp, Receive, Scope, Send


class HeadAsGet:
    """A layer that passes HEAD on as GET. The server sends no body for HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope["method"] = "GET"
        await self._app(scope, receive, send)
