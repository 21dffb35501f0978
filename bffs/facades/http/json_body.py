"""The JSON in the body of a request to a façade."""

import re
from functools import lru_cache

import orjson

from weir.gateway.edge.request import Request
from weir.gateway.edge.route_steps.csrf import MULTIPART, NO_UPLOADS
from weir.gateway.errors import UnsupportedMediaType, WeirError
from weir.gateway.json_types import JSONObject, JSONValue
from weir.gateway.transport.json_reply import MOST_PARTS, too_many_parts

_KNOWN_MEDIA_TYPES = 256
# RFC 6839 §3.1: types with the suffix have the syntax of JSON.
_JSON = re.compile(rb"application/(?:[a-z0-9!#$&^_.-]+\+)?json")
_UTF_8 = frozenset({b"", b"charset=utf-8"})


def json_value(request: Request, refusal: type[WeirError]) -> JSONValue:
    """Return the JSON in the body.

    Raises `refusal` if it is not JSON, or has more names and values than are decoded.
    Raises UnsupportedMediaType if the body is not declared to be JSON in UTF-8: a page
    of any other site may send a body of another type, or of none, in its visitor's
    name.
    """
    problem = _media_type_problem(request.head.headers.get(b"content-type", b""))
    if problem:
        raise UnsupportedMediaType(problem)
    body = request.body
    # A small body cannot have too many parts.
    if len(body) > MOST_PARTS and too_many_parts(body):
        message = "The body has too many names and values."
        raise refusal(message)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        message = f"The body is not JSON: {error}."
        raise refusal(message) from error


def json_object(request: Request, refusal: type[WeirError]) -> JSONObject:
    """Return the JSON object in the body; raises errors as `json_value` does."""
    value = json_value(request, refusal)
    if value.__class__ is dict:
        return value
    message = "The body must be a JSON object."
    raise refusal(message)


@lru_cache(_KNOWN_MEDIA_TYPES)
def _media_type_problem(content_type: bytes) -> str:
    """Return why a body of this type is not read, or the empty text."""
    media_type, _, parameters = content_type.partition(b";")
    if media_type.strip().lower() == MULTIPART:
        return f"{NO_UPLOADS} Send the request as application/json."
    if not _JSON.fullmatch(media_type.strip().lower()):
        return "Send the request as application/json."
    if parameters.strip().lower().replace(b'"', b"") not in _UTF_8:
        return "Send the request in UTF-8."
    return ""
