"""An upstream that is a function; remembers what it was asked."""

from collections.abc import AsyncIterable, Callable
from typing import Any

import orjson

from weir.gateway.context import RequestContext
from weir.gateway.headers import Headers
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.transport import ResponseStream


class CallsOnly:
    """A base of doubles that are called, but never opened."""

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        raise NotImplementedError


class MemoryUpstream:
    """Answers each call by `answer`."""

    def __init__(self, answer: Callable[[UpstreamRequest], UpstreamResponse]) -> None:
        self._answer = answer
        self.requests: list[UpstreamRequest] = []

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        del context
        self.requests.append(request)
        return self._answer(request)


def json_response(
    body: Any, status: int = 200, headers: Headers = ()
) -> UpstreamResponse:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return UpstreamResponse(status=status, headers=headers, body=content)
