"""The fetch of a service's SDL by federation's `_service` field."""

import orjson

from weir.gateway.context import RequestContext
from weir.gateway.json_types import JSONValue, is_object
from weir.gateway.transport.message import UpstreamRequest
from weir.gateway.upstreams.model.upstream import Upstream
from weir.resolvers.errors import MalformedResponse
from weir.resolvers.sources.graphql.reply import read_reply
from weir.resolvers.sources.graphql.request import HEADERS

_DOCUMENT = "query ServiceSDL { _service { sdl } }"


async def fetch_sdl(upstream: Upstream, path: str, context: RequestContext) -> str:
    """Return the SDL of a service.

    Raises an `UpstreamError` or a `SubgraphError`.
    """
    request = UpstreamRequest(
        method="POST",
        path=path,
        safe=True,
        deadline_s=context.deadline_s,
        endpoint=f"POST {path}",
        headers=HEADERS,
        body=orjson.dumps({"query": _DOCUMENT}),
    )
    reply = read_reply(await upstream.call(request, context))
    service: JSONValue = (reply.data or {}).get("_service")
    sdl: JSONValue = service.get("sdl") if is_object(service) else None
    if not isinstance(sdl, str):
        message = "Could not fetch the SDL (`_service { sdl }`)."
        raise MalformedResponse(message)
    return sdl
