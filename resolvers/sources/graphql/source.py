"""The source of a subgraph that is a service."""

from dataclasses import dataclass
from typing import Final

from msgspec import structs

from weir.gateway.json_types import JSONObject
from weir.gateway.transport.message import UpstreamRequest
from weir.gateway.upstreams.model.upstream import Upstream
from weir.resolvers.context import ExecutionContext
from weir.resolvers.plan.model.nodes import Fetch
from weir.resolvers.provenance import provenance_of_call
from weir.resolvers.sources.exposure import NOTHING, ErrorExposure
from weir.resolvers.sources.graphql.reply import read_reply
from weir.resolvers.sources.graphql.request import HEADERS, RequestBody
from weir.resolvers.sources.source import BoundFetch, Reply

_NOT_STORED: Final = 504


@dataclass(frozen=True, slots=True)
class GraphQLSource:
    """A subgraph that a registered service serves at `path`."""

    upstream: Upstream
    path: str = "/graphql"
    exposure: ErrorExposure = NOTHING

    def prepare(self, fetch: Fetch) -> BoundFetch:
        return _UpstreamFetch(self, fetch)


class _UpstreamFetch:
    """A fetch as calls of an upstream."""

    __slots__ = ("_body", "_endpoint", "_exposure", "_path", "_safe", "_upstream")

    def __init__(self, source: GraphQLSource, fetch: Fetch) -> None:
        self._upstream = source.upstream
        self._path = source.path
        self._exposure = source.exposure
        self._endpoint = f"POST {source.path}"
        self._safe = fetch.is_safe
        self._body = RequestBody(fetch.document)

    async def __call__(
        self, variables: JSONObject, context: ExecutionContext, span_id: str
    ) -> Reply:
        client = context.request
        request = self._request(variables, context, span_id)
        response = await self._upstream.call(request, client)
        return read_reply(
            response, provenance_of_call(response, request, client), self._exposure
        )

    async def stored(
        self, variables: JSONObject, context: ExecutionContext, stale_s: float
    ) -> Reply | None:
        """Return the reply to an equal request that the cache of the service has."""
        client = context.request
        request = structs.replace(
            self._request(variables, context, ""), stored_within_s=stale_s
        )
        response = await self._upstream.call(request, client)
        if response.status == _NOT_STORED:
            return None
        return read_reply(response, provenance_of_call(response, request, client))

    def _request(
        self, variables: JSONObject, context: ExecutionContext, span_id: str
    ) -> UpstreamRequest:
        client, body = context.request, self._body
        return UpstreamRequest(
            method="POST",
            path=self._path,
            safe=self._safe,
            deadline_s=client.deadline_s,
            endpoint=self._endpoint,
            headers=HEADERS,
            body=(
                body.with_variables(variables) if variables else body.without_variables
            ),
            partition=client.cache_partition,
            operation=context.operation,
            parent_id=span_id,
        )
