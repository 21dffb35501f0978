"""Responses of the server itself, for requests that no handler gets."""

import orjson

from weir.gateway.errors import WeirError
from weir.gateway.server.messages.response_bytes import (
    CLOSE,
    head_bytes,
    length_line,
)


def refusal_message(error: WeirError, date_line: bytes) -> bytes:
    """Return a whole response, a problem document (RFC 9457) that closes.

    RFC 9110 §6.6.1 requires a Date in each 4xx.
    """
    row = error.row
    body = orjson.dumps(
        {
            "type": row.type_uri,
            "title": row.title,
            "status": row.status,
            "detail": error.public_detail(development=False),
            "code": row.code,
        }
    )
    headers = (*error.response_headers, (b"content-type", b"application/problem+json"))
    head = head_bytes(row.status, date_line, headers, length_line(len(body)), CLOSE)
    return head + body
