"""A subgraph behind HTTP: GraphQL over HTTP to a registered service.

https://graphql.github.io/graphql-over-http/draft/
"""

from collections import OrderedDict

import orjson

from gateway.upstreams.call import Upstream, UpstreamRequest
from resolvers.context import ExecutionContext
from resolvers.errors import SubgraphError
from resolvers.provenance import provenance_of_call
from resolvers.sources.graphql.reply import read_reply
from resolvers.sources.graphql.request import HEADERS
from resolvers.sources.source import Reply, SourceRequest

_KEPT_DOCUMENTS = 4096


class GraphQLUpstream:
    """Serves the fetches of one subgraph by calling an upstream.

    They have the name of the client's operation; `caller` is what the upstream's policy
    knows the subgraph by.
    """

    __slots__ = ("_bodies", "_caller", "_endpoint", "_path", "_upstream")

    def __init__(
        self, upstream: Upstream, path: str = "/graphql", caller: str = ""
    ) -> None:
        self._upstream = upstream
        self._path = path
        self._caller = caller
        self._endpoint = f"POST {path}"
        self._bodies: OrderedDict[str, bytes] = OrderedDict()

    async def fetch(self, request: SourceRequest, context: ExecutionContext) -> Reply:
        sent = UpstreamRequest(
            method="POST",
            path=self._path,
            safe=request.safe,
            deadline_s=context.request.deadline_s,
            endpoint=self._endpoint,
            headers=HEADERS,
            body=self._body(request),
            partition=context.request.identity.cache_partition,
            operation=context.operation,
            caller=self._caller,
        )
        response = await self._upstream.call(sent, context.request)
        return read_reply(response, provenance_of_call(response, sent, context.request))

    def _body(self, request: SourceRequest) -> bytes:
        """Write the request; only the variables are serialised each time."""
        start = self._bodies.get(request.document)
        if start is None:
            start = b'{"query":' + orjson.dumps(request.document)
            self._bodies[request.document] = start
            if len(self._bodies) > _KEPT_DOCUMENTS:
                self._bodies.popitem(last=False)
        if not request.variables:
            return start + b"}"
        try:
            return start + b',"variables":' + orjson.dumps(request.variables) + b"}"
        except TypeError as error:
            message = f"The service cannot be asked this: {error}"
            raise SubgraphError(message) from error
