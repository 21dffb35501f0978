"""REST services for Python resolvers, with batched calls."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

import orjson

from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.gateway.transport.json_reply import decode_reply
from weir.gateway.transport.message import UpstreamRequest
from weir.resolvers.batches import Batch
from weir.resolvers.context import ExecutionContext
from weir.resolvers.errors import MalformedResponse
from weir.resolvers.http_errors import http_error

_NOT_FOUND: Final = frozenset({404, 410})


async def get_json(
    context: ExecutionContext, upstream: str, path: str, *, endpoint: str
) -> JSONValue:
    """GET `path` of a registered service; return None for status 404 or 410.

    `endpoint` is the path as a template, for metrics. Raises an `UpstreamError`,
    HttpError or MalformedResponse. An HttpError has the `status`, the `headers` and the
    `body` of the response. If it is not handled, clients get the code for its status,
    such as CONFLICT for 409.
    """
    response = await context.upstreams[upstream].call(
        UpstreamRequest(
            method="GET",
            path=path,
            safe=True,
            deadline_s=context.request.deadline_s,
            endpoint=f"GET {endpoint}",
            headers=((b"accept", b"application/json"),),
        ),
        context.request,
    )
    if response.status in _NOT_FOUND:
        return None
    if not 200 <= response.status < 300:  # noqa: PLR2004 - RFC 9110 §15
        raise http_error(response)
    try:
        return decode_reply(response.body, response.max_parts)
    except orjson.JSONDecodeError as error:
        message = f"The response is not JSON: {error}"
        raise MalformedResponse(message) from error


def rest_batch(
    upstream: str,
    template: str,
    *,
    items: str | None = None,
    key: str = "id",
    max_keys: int = 100,
) -> Batch[ExecutionContext, str, JSONObject | None]:
    """Return a batch that GETs many items at once, such as "/users?ids={ids}".

    The response is a list of objects, or an object with this list as `items`. `key` is
    the objects' key field. A key without an object in the response has the value None.
    """

    async def load(
        keys: Sequence[str], context: ExecutionContext
    ) -> Sequence[JSONObject | None]:
        joined = ",".join(quote(each, safe="") for each in keys)
        path = template.replace("{ids}", joined)
        body = await get_json(context, upstream, path, endpoint=template)
        found = {str(item.get(key)): item for item in _objects(body, items)}
        return [found.get(each) for each in keys]

    return Batch(name=f"{upstream} {template}", load=load, max_keys=max_keys)


def _objects(body: JSONValue, items: str | None) -> list[JSONObject]:
    if body is None:
        return []
    items_: JSONValue = body
    if items is not None:
        items_ = body.get(items) if is_object(body) else None
    if not is_list(items_):
        message = "The response is not the requested list."
        raise MalformedResponse(message)
    return [value for value in items_ if is_object(value)]
