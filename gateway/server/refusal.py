"""Answers that are given before there is a request: but for the date, made once."""

import http

import orjson

from weir.gateway.errors import (
    BadRequest,
    HeadersTooLarge,
    RequestTimeout,
    TooManyConnections,
    UriTooLong,
    WeirError,
)
from weir.gateway.headers import Headers

Refusal = type[WeirError]


def refusal_message(refusal: Refusal, headers: Headers) -> bytes:
    """Return the whole HTTP/1.1 answer, a problem document that closes.

    `headers` are those of every answer: RFC 9110 §6.6.1 wants a Date in each 4xx.
    """
    head, rest = _MESSAGES[refusal]
    return head + b"".join(b"%b: %b\r\n" % field for field in headers) + rest


def _message(refusal: Refusal) -> tuple[bytes, bytes]:
    """Return the status line, and all that follows the headers of every answer."""
    row = refusal.row
    body = orjson.dumps(
        {
            "type": row.type_uri,
            "title": row.title,
            "status": row.status,
            "code": row.code,
        }
    )
    status_line = f"HTTP/1.1 {row.status} {http.HTTPStatus(row.status).phrase}\r\n"
    rest = (
        "content-type: application/problem+json\r\n"
        f"content-length: {len(body)}\r\n"
        "connection: close\r\n\r\n"
    )
    return status_line.encode(), rest.encode() + body


_REFUSALS: tuple[Refusal, ...] = (
    BadRequest,
    RequestTimeout,
    UriTooLong,
    HeadersTooLarge,
    TooManyConnections,
)
_MESSAGES: dict[Refusal, tuple[bytes, bytes]] = {
    refusal: _message(refusal) for refusal in _REFUSALS
}
