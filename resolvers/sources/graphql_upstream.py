"""A subgraph behind HTTP: GraphQL over HTTP to a registered service.

https://graphql.github.io/graphql-over-http/draft/
"""

from collections import OrderedDict

import orjson

from gateway.context import RequestContext
from gateway.headers import Headers
from gateway.upstreams.call import Upstream, UpstreamRequest, UpstreamResponse
from resolvers.errors import HttpError, MalformedResponse, SubgraphError
from resolvers.execute.context import ExecutionContext
from resolvers.json_types import JSONObject, JSONValue, is_list, is_object
from resolvers.sources.provenance import read_provenance
from resolvers.sources.source import Reply, SourceRequest

_HEADERS: Headers = (
    (b"content-type", b"application/json"),
    (b"accept", b"application/graphql-response+json, application/json;q=0.9"),
)
_KEPT_DOCUMENTS = 4096
_SDL_DOCUMENT = "query ServiceSDL { _service { sdl } }"


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
        response = await self._upstream.call(
            UpstreamRequest(
                method="POST",
                path=self._path,
                safe=request.safe,
                deadline_s=context.request.deadline_s,
                endpoint=self._endpoint,
                headers=_HEADERS,
                body=self._body(request),
                partition=context.request.identity.cache_partition,
                operation=context.operation,
                caller=self._caller,
            ),
            context.request,
        )
        return read_reply(response)

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


def read_reply(response: UpstreamResponse) -> Reply:
    """Read a GraphQL answer; raises HttpError or MalformedResponse for others.

    A GraphQL answer is one whatever its status: 4xx and 5xx say no more than its
    errors do.
    """
    is_ok = 200 <= response.status < 300  # noqa: PLR2004 - RFC 9110 section 15
    try:
        body: JSONValue = orjson.loads(response.body)
    except orjson.JSONDecodeError as error:
        if not is_ok:
            raise HttpError(response.status) from error
        message = f"The service's answer is not JSON: {error}"
        raise MalformedResponse(message) from error
    if not is_object(body) or not ("data" in body or body.get("errors")):
        if not is_ok:
            raise HttpError(response.status)
        message = "The service's answer is not one of GraphQL."
        raise MalformedResponse(message)
    data = body.get("data")
    return Reply(
        data=data if is_object(data) else None,
        errors=_errors(body.get("errors")),
        provenance=read_provenance(response.headers),
        headers=response.headers,
    )


def _errors(errors: JSONValue) -> tuple[JSONObject, ...]:
    """Read `errors`; whatever stands there is a failure, if not a well-formed one."""
    if not errors:
        return ()
    if not is_list(errors):
        return ({},)
    return tuple(error if is_object(error) else {} for error in errors)


async def fetch_sdl(upstream: Upstream, path: str, context: RequestContext) -> str:
    """Ask a service for its SDL, as federation's `_service` has it.

    Raises an `UpstreamError` or a `SubgraphError`.
    """
    request = UpstreamRequest(
        method="POST",
        path=path,
        safe=True,
        deadline_s=context.deadline_s,
        endpoint=f"POST {path}",
        headers=_HEADERS,
        body=orjson.dumps({"query": _SDL_DOCUMENT}),
    )
    reply = read_reply(await upstream.call(request, context))
    service: JSONValue = (reply.data or {}).get("_service")
    sdl: JSONValue = service.get("sdl") if is_object(service) else None
    if not isinstance(sdl, str):
        message = "The service does not tell its SDL (`_service { sdl }`)."
        raise MalformedResponse(message)
    return sdl
