"""The gateway's own token in the requests to a service.

It is inside the cache and the shared calls, whose keys do not have it: it is the same
for all callers. It is outside the retries, so that a token that cannot be had is not
the fault of an instance.
"""

from collections.abc import AsyncIterable
from typing import Final

from msgspec.structs import replace

from weir.gateway.context import RequestContext
from weir.gateway.headers import Headers, with_fields
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.model.upstream import StreamingUpstream
from weir.gateway.upstreams.service_tokens import ServiceTokens

_UNAUTHORIZED: Final = 401


class ServiceAuthorization:
    """Calls and streams with a token; a rejected one is replaced once.

    Status 401 states that a service has not done what was requested, so that calls that
    are not safe are repeated as well. A streamed body is not sent twice.
    """

    def __init__(self, inner: StreamingUpstream, tokens: ServiceTokens) -> None:
        self._inner = inner
        self._tokens = tokens

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        fields = await self._tokens.fields(request.deadline_s)
        response = await self._inner.call(_with(request, fields), context)
        if response.status != _UNAUTHORIZED:
            return response
        other = await self._tokens.replaced(fields, request.deadline_s)
        if other is None:
            return response
        return await self._inner.call(_with(request, other), context)

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        fields = await self._tokens.fields(request.deadline_s)
        stream = await self._inner.open(_with(request, fields), context, body)
        if stream.status != _UNAUTHORIZED or body is not None:
            return stream
        try:
            other = await self._tokens.replaced(fields, request.deadline_s)
        except BaseException:
            await stream.aclose()
            raise
        if other is None:
            return stream
        await stream.aclose()
        return await self._inner.open(_with(request, other), context)


def _with(request: UpstreamRequest, fields: Headers) -> UpstreamRequest:
    return replace(request, headers=with_fields(request.headers, fields))
