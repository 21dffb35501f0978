"""GraphQL over HTTP: requests are decoded, media types negotiated.

https://graphql.github.io/graphql-over-http/draft/
"""

from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache

import orjson
from msgspec import Struct

from weir.bffs.facades.errors import InvalidGraphQLRequest, PersistedQueryNotSupported
from weir.bffs.facades.http.accept import media_ranges
from weir.bffs.facades.http.json_body import json_value
from weir.bffs.facades.http.query_string import query_pairs
from weir.gateway.edge.request import Request
from weir.gateway.errors import NotAcceptable
from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object

_KNOWN_ACCEPTS = 256
_TEXTS = ("query", "documentId", "doc_id", "operationName")
_TEXT_OR_NULL = frozenset({str, type(None)})


class MediaType(Enum):
    """The two media types of a response; the older one always has status 200."""

    RESPONSE = b"application/graphql-response+json"
    JSON = b"application/json"

    def __init__(self, name: bytes) -> None:
        self.content_type = name + b"; charset=utf-8"


class GraphQLRequest(Struct, frozen=True, kw_only=True):
    """One GraphQL request; `read_only` where HTTP promises that nothing changes.

    It has at least one of `query`, `document_id` (of a stored operation) and
    `sha256_hash` (APQ); the others are "".
    """

    query: str = ""
    document_id: str = ""
    sha256_hash: str = ""
    operation_name: str | None
    variables: JSONObject
    read_only: bool


def decode(
    request: Request, max_batch: int | None = None
) -> GraphQLRequest | tuple[GraphQLRequest, ...]:
    """Decode a GET, HEAD or POST. A path parameter is the id of a stored operation.

    A list in a POST is a batch of at most `max_batch` requests. Raises
    UnsupportedMediaType, PersistedQueryNotSupported or InvalidGraphQLRequest.
    """
    if request.head.method != "POST":
        return _decode_get(request)
    value = json_value(request, InvalidGraphQLRequest)
    if value.__class__ is dict:
        return _from_members(value, read_only=False)
    if is_list(value):
        return tuple(_batch(value, max_batch))
    message = "The body must be a JSON object."
    raise InvalidGraphQLRequest(message)


def _batch(values: list[JSONValue], max_batch: int | None) -> Iterator[GraphQLRequest]:
    if max_batch is None:
        message = "Batches are not supported; send one request at a time."
        raise InvalidGraphQLRequest(message)
    if not 0 < len(values) <= max_batch:
        message = f"A batch has 1 to {max_batch} requests, got {len(values)}."
        raise InvalidGraphQLRequest(message)
    for value in values:
        if not is_object(value):
            message = "Each request of a batch must be a JSON object."
            raise InvalidGraphQLRequest(message)
        yield _from_members(value, read_only=False)


def _decode_get(request: Request) -> GraphQLRequest:
    parameters = {
        name: _once(name, values)
        for name, values in query_pairs(request.head.query, InvalidGraphQLRequest)
    }
    for name, identifier in request.path_parameters:
        parameters[name] = identifier.decode("latin-1")
    members: JSONObject = {
        "query": parameters.get("query"),
        "documentId": parameters.get("documentId") or parameters.get("doc_id"),
        "operationName": parameters.get("operationName") or None,
        "variables": _json_parameter(parameters, "variables"),
        "extensions": _json_parameter(parameters, "extensions"),
    }
    return _from_members(members, read_only=True)


def _once(name: str, values: list[str]) -> str:
    if len(values) > 1:
        message = f'The parameter "{name[:64]}" is given {len(values)} times.'
        raise InvalidGraphQLRequest(message)
    return values[0]


def _json_parameter(parameters: dict[str, str], name: str) -> JSONValue:
    if not (text := parameters.get(name)):
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = f'The parameter "{name}" is not JSON: {error}.'
        raise InvalidGraphQLRequest(message) from error


def _from_members(members: JSONObject, *, read_only: bool) -> GraphQLRequest:
    _require_texts(members, _TEXTS)
    query = members.get("query") or ""
    # The draft's name, and that of Relay.
    document_id = members.get("documentId") or members.get("doc_id") or ""
    extensions = members.get("extensions")
    sha256_hash = _sha256_hash(extensions) if extensions is not None else ""
    if not (query or document_id or sha256_hash):
        message = "The request needs `query`, or `documentId` of a stored operation."
        raise InvalidGraphQLRequest(message)
    if query and document_id:
        message = "The request has both a `query` and the id of a stored operation."
        raise InvalidGraphQLRequest(message)
    variables = members.get("variables")
    return GraphQLRequest(
        query=query,
        document_id=document_id,
        sha256_hash=sha256_hash,
        operation_name=members.get("operationName") or None,
        variables={} if variables is None else _object("variables", variables),
        read_only=read_only,
    )


def _require_texts(members: JSONObject, names: Iterable[str]) -> None:
    """Raise for a member that is neither a string, null nor missing."""
    if _TEXT_OR_NULL.issuperset(map(type, map(members.get, names))):
        return
    for name in names:
        text = members.get(name)
        if text is not None and not isinstance(text, str):
            message = f"The `{name}` must be a string."
            raise InvalidGraphQLRequest(message)


def _sha256_hash(extensions: JSONValue) -> str:
    """Return the hash of a persisted query, "" without one."""
    persisted = _object("extensions", extensions).get("persistedQuery")
    if persisted is None:
        return ""
    persisted = _object("extensions.persistedQuery", persisted)
    if persisted.get("version") != 1:
        raise PersistedQueryNotSupported
    _require_texts(persisted, ("sha256Hash",))
    return persisted.get("sha256Hash") or ""


def _object(name: str, value: JSONValue) -> JSONObject:
    if not is_object(value):
        message = f"The `{name}` must be a JSON object."
        raise InvalidGraphQLRequest(message)
    return value


def not_acceptable() -> NotAcceptable:
    """Return the error of a client that accepts neither media type."""
    both = " or ".join(each.value.decode() for each in MediaType)
    return NotAcceptable(f"Accept {both}.")


@lru_cache(_KNOWN_ACCEPTS)
def preferred(accept: bytes) -> MediaType | None:
    """Return the media type that the client prefers; None where it accepts neither.

    A client that does not care gets application/json, which every client reads.
    """
    if not accept:
        return MediaType.JSON
    weights = media_ranges(accept)
    # RFC 9110 §12.5.1: the most specific range applies.
    wildcard = weights.get(b"application/*", weights.get(b"*/*", 0.0))
    modern = weights.get(MediaType.RESPONSE.value, wildcard)
    legacy = weights.get(MediaType.JSON.value, wildcard)
    if max(modern, legacy) <= 0:
        return None
    if modern == legacy:
        named = MediaType.RESPONSE.value in weights
        return MediaType.RESPONSE if named else MediaType.JSON
    return MediaType.RESPONSE if modern > legacy else MediaType.JSON


@lru_cache(_KNOWN_ACCEPTS)
def prefers_page(accept: bytes) -> bool:
    """Return whether the client is a browser: it prefers a page to any data."""
    weights = media_ranges(accept)
    data = max(weights.get(each.value, 0.0) for each in MediaType)
    return weights.get(b"text/html", 0.0) > data
