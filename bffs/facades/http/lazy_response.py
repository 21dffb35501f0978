"""A response that is rendered when the first client requests it."""

import asyncio
from collections.abc import Callable

from weir.gateway.edge.response import Response


class LazyResponse:
    """A response that is the same for each request; `render` runs once, in a thread."""

    __slots__ = ("_lock", "_render", "_response")

    def __init__(self, render: Callable[[], Response]) -> None:
        self._render = render
        self._lock = asyncio.Lock()
        self._response: Response | None = None

    async def get(self) -> Response:
        async with self._lock:
            if self._response is None:
                self._response = await asyncio.to_thread(self._render)
            return self._response
