"""GraphQL over HTTP: requests decoded, media types negotiated, answers encoded.

https://graphql.github.io/graphql-over-http/draft/
"""

from dataclasses import dataclass
from enum import Enum
from urllib.parse import parse_qsl

import orjson

from bffs.errors import InvalidGraphQLRequest
from gateway.edge.exchange import ClientRequest
from gateway.errors import MethodNotAllowed, NotAcceptable, UnsupportedMediaType
from gateway.headers import header, header_values
from resolvers.json_types import JSONObject, JSONValue, is_object


class MediaType(Enum):
    """The two media types of an answer; the older one always has status 200."""

    RESPONSE = b"application/graphql-response+json"
    JSON = b"application/json"

    @property
    def content_type(self) -> bytes:
        return self.value + b"; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLRequest:
    """One GraphQL request; `read_only` where HTTP promises that nothing changes."""

    query: str
    operation_name: str | None
    variables: JSONObject
    read_only: bool


def decode(request: ClientRequest) -> GraphQLRequest:
    """Decode a GET or POST.

    Raises MethodNotAllowed, UnsupportedMediaType or InvalidGraphQLRequest.
    """
    if request.method == "POST":
        return _decode_post(request)
    if request.method in ("GET", "HEAD"):
        return _decode_get(request)
    raise MethodNotAllowed(request.method, ("GET", "POST"))


def _decode_post(request: ClientRequest) -> GraphQLRequest:
    content_type = header(request.headers, b"content-type") or b""
    media_type, _, parameters = content_type.partition(b";")
    if media_type.strip().lower() != b"application/json":
        message = "send the request as application/json"
        raise UnsupportedMediaType(message)
    charset = parameters.strip().lower()
    if charset and charset.replace(b'"', b"") not in (b"charset=utf-8", b""):
        message = "send the request in UTF-8"
        raise UnsupportedMediaType(message)
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        message = f"the body is not JSON: {error}"
        raise InvalidGraphQLRequest(message) from error
    if isinstance(body, list):
        message = "batches are not supported; send one request at a time"
        raise InvalidGraphQLRequest(message)
    if not is_object(body):
        message = "the body must be a JSON object with a member `query`"
        raise InvalidGraphQLRequest(message)
    return _from_members(body, read_only=False)


def _decode_get(request: ClientRequest) -> GraphQLRequest:
    parameters = dict(parse_qsl(request.query, keep_blank_values=True))
    members: JSONObject = {
        "query": parameters.get("query"),
        "operationName": parameters.get("operationName") or None,
        "variables": _json_parameter(parameters, "variables"),
        "extensions": _json_parameter(parameters, "extensions"),
    }
    return _from_members(members, read_only=True)


def _json_parameter(parameters: dict[str, str], name: str) -> JSONValue:
    if not (text := parameters.get(name)):
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = f"the parameter `{name}` is not JSON: {error}"
        raise InvalidGraphQLRequest(message) from error


def _from_members(members: JSONObject, *, read_only: bool) -> GraphQLRequest:
    query = members.get("query")
    if not isinstance(query, str) or not query:
        message = "`query` is missing; it must be a string"
        raise InvalidGraphQLRequest(message)
    operation_name = members.get("operationName")
    if operation_name is not None and not isinstance(operation_name, str):
        message = "`operationName` must be a string"
        raise InvalidGraphQLRequest(message)
    _object(members, "extensions")
    return GraphQLRequest(
        query=query,
        operation_name=operation_name or None,
        variables=_object(members, "variables"),
        read_only=read_only,
    )


def _object(members: JSONObject, name: str) -> JSONObject:
    value = members.get(name)
    if value is None:
        return {}
    if not is_object(value):
        message = f"`{name}` must be a JSON object"
        raise InvalidGraphQLRequest(message)
    return value


def negotiate(request: ClientRequest) -> MediaType:
    """Choose the answer's media type; raises NotAcceptable.

    A client that does not care gets application/json, which every client reads.
    """
    accepted = header_values(request.headers, b"accept")
    if not accepted:
        return MediaType.JSON
    weights = _weights(b",".join(accepted))
    wildcard = max(weights.get(b"application/*", 0.0), weights.get(b"*/*", 0.0))
    modern = weights.get(MediaType.RESPONSE.value, 0.0)
    legacy = weights.get(MediaType.JSON.value, wildcard)
    if max(modern, legacy) <= 0:
        both = " or ".join(each.value.decode() for each in MediaType)
        message = f"accept {both}"
        raise NotAcceptable(message)
    return MediaType.RESPONSE if modern >= legacy else MediaType.JSON


def _weights(accept: bytes) -> dict[bytes, float]:
    """Read an Accept field: media range to quality (RFC 9110 section 12.5.1)."""
    weights: dict[bytes, float] = {}
    for item in accept.lower().split(b","):
        media_range, *parameters = (part.strip() for part in item.split(b";"))
        weights[media_range] = next(
            (_quality(p[2:]) for p in parameters if p.startswith(b"q=")), 1.0
        )
    return weights


def _quality(text: bytes) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
