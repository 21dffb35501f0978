"""The ASGI messages of an answer."""

from weir.gateway.edge.asgi import Message
from weir.gateway.edge.exchange import ClientResponse

# RFC 9110 §8.6: "A server MUST NOT send a Content-Length header field in any response
# with a status code of 1xx (Informational) or 204 (No Content)"; a 304 may do without.
_WITHOUT_LENGTH = frozenset({204, 304})
LAST_CHUNK: Message = {"type": "http.response.body", "body": b""}


def start_message(response: ClientResponse, request_id: str, *, close: bool) -> Message:
    headers = [*response.headers, (b"x-request-id", request_id.encode())]
    if response.status not in _WITHOUT_LENGTH:
        headers.append((b"content-length", b"%d" % len(response.body)))
    if close:
        headers.append((b"connection", b"close"))
    return {
        "type": "http.response.start",
        "status": response.status,
        "headers": headers,
    }


def body_message(response: ClientResponse, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": response.body, "more_body": more}
