"""The JSON object in a request's body, of whichever façade."""

import orjson

from weir.gateway.edge.exchange import ClientRequest
from weir.gateway.errors import UnsupportedMediaType, WeirError
from weir.gateway.headers import header
from weir.resolvers.json_types import JSONObject, is_list, is_object

_UTF_8 = frozenset({b"", b"charset=utf-8"})


def require_json(request: ClientRequest) -> None:
    """Raise UnsupportedMediaType where the body is not declared to be JSON in UTF-8.

    One that is declared as nothing, or as text, is what a page of any other site may
    send in its visitor's name without asking first.
    """
    content_type = header(request.headers, b"content-type") or b""
    media_type, _, parameters = content_type.partition(b";")
    if media_type.strip().lower() != b"application/json":
        message = "Send the request as application/json."
        raise UnsupportedMediaType(message)
    if parameters.strip().lower().replace(b'"', b"") not in _UTF_8:
        message = "Send the request in UTF-8."
        raise UnsupportedMediaType(message)


def json_object(body: bytes, refusal: type[WeirError]) -> JSONObject:
    """Return the object; raises `refusal` where the body is none."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        message = f"The body is not JSON: {error}."
        raise refusal(message) from error
    if is_object(value):
        return value
    message = (
        "Batches are not supported; send one request at a time."
        if is_list(value)
        else "The body must be a JSON object."
    )
    raise refusal(message)
