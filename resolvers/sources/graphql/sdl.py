"""The fetch of a service's SDL by federation's `_service` field."""

from typing import Final
from urllib.parse import urlsplit

import orjson

from weir.gateway.context import RequestContext
from weir.gateway.headers import header
from weir.gateway.json_types import JSONValue, is_object
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.model.upstream import Upstream
from weir.resolvers.errors import MalformedResponse
from weir.resolvers.sources.graphql.reply import read_reply
from weir.resolvers.sources.graphql.request import HEADERS

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SHOWN: Final = 200
"""Characters of a text of the service in a message."""
_HEADERS: Final = (*HEADERS, (b"cache-control", b"no-cache"))
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
        headers=_HEADERS,
        body=orjson.dumps({"query": _DOCUMENT}),
    )
    response = await upstream.call(request, context)
    if response.status in _REDIRECTS:
        raise MalformedResponse(_redirect(response))
    reply = read_reply(response)
    service: JSONValue = (reply.data or {}).get("_service")
    sdl: JSONValue = service.get("sdl") if is_object(service) else None
    if not isinstance(sdl, str):
        reasons = " ".join(str(error.get("message", "")) for error in reply.errors[:1])
        message = (
            "It is a GraphQL service, but not a subgraph: its response has no"
            f" `_service {{ sdl }}`. {reasons[:_SHOWN]}"
        )
        raise MalformedResponse(message.rstrip())
    return sdl


def _redirect(response: UpstreamResponse) -> str:
    """Return the message for a redirect, with the settings for its target."""
    location = (header(response.headers, b"location") or b"").decode("latin-1")
    message = f"It redirects (status {response.status}) to {location[:_SHOWN]!r}."
    parts = urlsplit(location)
    if parts.netloc:
        message += f" Set the upstream's instance to {parts.scheme}://{parts.netloc}."
    if parts.path:
        message += f" Set the subgraph's `path` to {parts.path[:_SHOWN]}."
    return message
