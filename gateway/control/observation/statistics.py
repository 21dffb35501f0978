"""Numbers for people and scripts, which need no metrics server."""

from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse

from weir.gateway.control.observation.feed import RateFeed
from weir.gateway.control.target import ControlTarget
from weir.gateway.control.views import RatesView, SystemView, WindowView
from weir.gateway.server.asgi import Receive, Scope, Send
from weir.gateway.telemetry.metrics.prometheus import Format


class FeedResponse(StreamingResponse):
    """The feed as Server-Sent Events, which are closed when their reader has left."""

    media_type = "text/event-stream"

    def __init__(self, feed: RateFeed) -> None:
        self._feed = feed
        self._events = feed.events()
        super().__init__(self._events, headers={"cache-control": "no-store"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._feed.admitted():
            async with aclosing(self._events):
                await super().__call__(scope, receive, send)


def statistics_routes(target: ControlTarget, feed: RateFeed) -> APIRouter:
    """Return the routes of rates, and of the use of the machine."""
    router = APIRouter(prefix="/api/v1/metrics")

    @router.get("", response_class=Response)
    async def metrics(accept: Annotated[str, Header()] = "") -> Response:
        form = Format.accepted(accept)
        return Response(await target.metrics(form), media_type=form.value)

    @router.get("/json", response_class=Response)
    async def metrics_as_json() -> Response:
        form = Format.JSON
        return Response(await target.metrics(form), media_type=form.value)

    # Not in a thread: the event loop is what updates the numbers.
    @router.get("/requests")
    async def requests() -> RatesView:
        windows = (WindowView.model_validate(each) for each in target.rates())
        return RatesView(windows=tuple(windows))

    @router.get(
        "/requests/feed",
        response_class=StreamingResponse,
        responses={200: {"content": {FeedResponse.media_type: {}}}},
    )
    async def requests_feed() -> FeedResponse:
        return FeedResponse(feed)

    # In a thread: the kernel counts the open descriptors one by one.
    @router.get("/system")
    def system() -> SystemView:
        return SystemView.model_validate(target.system())

    return router
