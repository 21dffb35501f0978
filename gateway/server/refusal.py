"""Answers that are given before there is a request: complete messages, made once."""

import http

import orjson

from gateway.errors import (
    BadRequest,
    HeadersTooLarge,
    RequestTimeout,
    TooManyConnections,
    UriTooLong,
    WeirError,
)

Refusal = type[WeirError]


def refusal_message(refusal: Refusal) -> bytes:
    """Return the whole HTTP/1.1 answer, a problem document that closes."""
    return _MESSAGES[refusal]


def _message(refusal: Refusal) -> bytes:
    row = refusal.row
    body = orjson.dumps(
        {
            "type": row.type_uri,
            "title": row.message,
            "status": row.status,
            "code": row.code,
        }
    )
    head = (
        f"HTTP/1.1 {row.status} {http.HTTPStatus(row.status).phrase}\r\n"
        "content-type: application/problem+json\r\n"
        f"content-length: {len(body)}\r\n"
        "connection: close\r\n\r\n"
    )
    return head.encode() + body


_REFUSALS: tuple[Refusal, ...] = (
    BadRequest,
    RequestTimeout,
    UriTooLong,
    HeadersTooLarge,
    TooManyConnections,
)
_MESSAGES: dict[Refusal, bytes] = {refusal: _message(refusal) for refusal in _REFUSALS}
