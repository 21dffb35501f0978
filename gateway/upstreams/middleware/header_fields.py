"""The header rules of an upstream: fields of the caller, and fields for the client.

This is the outermost layer. All layers below see the fields that this service is sent,
and no others, so that keys of caches and of shared calls have all of them. Only the
fixed fields (`set`) are added below, because they are the same for all callers.
"""

from collections.abc import AsyncIterable

from msgspec.structs import replace

from weir.gateway.context import RequestContext
from weir.gateway.headers import Headers, connection_options
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.middleware.identity_fields import (
    IdentityFields,
    OtherFields,
)
from weir.gateway.upstreams.middleware.minting import TokenMint
from weir.gateway.upstreams.model.header_rules import HeaderRules
from weir.gateway.upstreams.model.upstream import StreamingUpstream, Upstream


class HeaderFields:
    """The header rules around calls, and around the requests of streams."""

    def __init__(
        self,
        calls: Upstream,
        streams: StreamingUpstream,
        rules: HeaderRules,
        mint: TokenMint | None = None,
    ) -> None:
        self._calls = calls
        self._streams = streams
        self._rules = rules
        self._identity = IdentityFields(rules.identity, mint, rules.credentials)

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        caller = self._identity.of(context.identity)
        of_client = self._of_client(context) + caller
        forwarding = context.forwarding(self._of_gateway(context) + of_client)
        sent = self._identity.without_copies(request)
        response = await self._calls.call(sent, forwarding)
        headers = self._identity.for_caches(response.headers, caller)
        if headers is not response.headers:
            response = replace(response, headers=headers)
        if self._rules.response:
            self._return(response.headers, context)
        return replace(response, of_client=of_client) if of_client else response

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        caller = self._identity.of(context.identity)
        fields = self._of_gateway(context) + self._of_client(context) + caller
        sent = self._identity.without_copies(request)
        stream = await self._streams.open(sent, context.forwarding(fields), body)
        headers = self._identity.for_caches(stream.headers, caller)
        return stream if headers is stream.headers else OtherFields(stream, headers)

    def _of_gateway(self, context: RequestContext) -> Headers:
        removed = self._rules.remove
        if not removed:
            return context.forwarded
        return tuple([line for line in context.forwarded if line[0] not in removed])

    def _of_client(self, context: RequestContext) -> Headers:
        sent = context.client_headers
        found = tuple(
            [(name, sent[name]) for name in self._rules.forward if name in sent]
        )
        if not found:
            return found
        # RFC 9110 §7.6.1: an intermediary MUST remove the fields that Connection names.
        named = connection_options(sent.get(b"connection", b""))
        return tuple([line for line in found if line[0] not in named])

    def _return(self, headers: Headers, context: RequestContext) -> None:
        names = self._rules.response
        if found := tuple([line for line in headers if line[0] in names]):
            context.returned.append(found)
