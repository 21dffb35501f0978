"""The parser of GraphQL replies in HTTP responses.

https://graphql.github.io/graphql-over-http/draft/
"""

import orjson

from weir.gateway.json_types import JSONValue, is_list, is_object
from weir.gateway.transport.json_reply import MOST_PARTS, decode_reply
from weir.gateway.transport.message import UpstreamResponse
from weir.resolvers.errors import MalformedResponse
from weir.resolvers.http_errors import ABOUT_THE_CALLER, http_error
from weir.resolvers.provenance import UNKNOWN, Provenance
from weir.resolvers.sources.exposure import NOTHING, ErrorExposure
from weir.resolvers.sources.source import MAX_ERRORS, Reply


def read_reply(
    response: UpstreamResponse,
    provenance: Provenance = UNKNOWN,
    exposure: ErrorExposure = NOTHING,
) -> Reply:
    """Parse a GraphQL response; raise HttpError or MalformedResponse for others.

    The status of a GraphQL response is ignored, because its errors have more detail.
    Raises UpstreamReplyTooLarge for a response with too many names and values.
    """
    text = response.body
    try:
        # A small response cannot have too many of them.
        body: JSONValue = (
            decode_reply(text, response.max_parts)
            if len(text) > MOST_PARTS
            else orjson.loads(text)
        )
    except orjson.JSONDecodeError as error:
        if not _is_ok(response):
            raise http_error(response, ABOUT_THE_CALLER) from error
        message = f"The response is not JSON: {error}"
        raise MalformedResponse(message) from error
    if body.__class__ is not dict or not ("data" in body or body.get("errors")):
        if not _is_ok(response):
            raise http_error(response, ABOUT_THE_CALLER)
        message = "The response is not a GraphQL response."
        raise MalformedResponse(message)
    size_bytes = len(text)
    data: JSONValue = body.get("data")
    data = data if data.__class__ is dict else None
    if not body.get("errors"):
        return Reply(data, provenance=provenance, size_bytes=size_bytes)
    # A value that is not a list still means a failure.
    errors: list[JSONValue] = body["errors"] if is_list(body["errors"]) else [{}]
    return Reply(
        data=data,
        errors=tuple([each if is_object(each) else {} for each in errors[:MAX_ERRORS]]),
        omitted_errors=max(0, len(errors) - MAX_ERRORS),
        provenance=provenance,
        size_bytes=size_bytes,
        exposure=exposure,
    )


def _is_ok(response: UpstreamResponse) -> bool:
    return 200 <= response.status < 300  # noqa: PLR2004 - RFC 9110 §15
