"""The decoder of JSON in responses of services, bounded before it runs.

The decoder is not interruptible. A response within the limit of bytes may still have so
many values that it takes a multiple of the usual time: four megabytes of `[],` are over
a million lists. Objects are the most expensive, as each has a table of names, and each
new name is a text. So the parts of a large response are counted before it is decoded: a
value is one part, the name of a field is another, and an object has one more.
"""

from typing import Final

import orjson

from weir.gateway.json_types import JSONValue
from weir.gateway.transport.errors import UpstreamReplyTooLarge

MOST_PARTS: Final = 512 * 1024
"""They take 20 ms in usual responses, and 40 ms at most on a quiet machine."""
_DEFAULT_BYTES: Final = 4 * 1024 * 1024
"""Responses above this size are allowed by configuration only."""
_BYTES_OF_A_PART: Final = 3
_WHITE_SPACE: Final = b" \t\r\n"


def decode_reply(body: bytes, max_parts: int = MOST_PARTS) -> JSONValue:
    """Return the value of a response.

    Raise orjson.JSONDecodeError, and UpstreamReplyTooLarge if it has more parts than
    `max_parts`, and than `most_parts` of its size.
    """
    if too_many_parts(body, max_parts):
        most = max(max_parts, most_parts(len(body)))
        message = f"The response has more than {most} names and values."
        raise UpstreamReplyTooLarge(message)
    decoded: JSONValue = orjson.loads(body)
    return decoded


def too_many_parts(body: bytes, max_parts: int = MOST_PARTS) -> bool:
    """Return whether a text in JSON may have more parts than are decoded."""
    most = max(max_parts, most_parts(len(body)))
    if len(body) <= most:
        return False
    values = _values(body)
    return values + body.count(b":") > most and values + _names(body) > most


def most_parts(size: int) -> int:
    """Return the most parts of texts whose allowed size is `size` bytes."""
    return MOST_PARTS if size <= _DEFAULT_BYTES else size // _BYTES_OF_A_PART


def _values(body: bytes) -> int:
    """Return an upper bound of the number of values, with objects counted twice.

    Each value follows a comma or an opening bracket. Those in texts count as well.
    """
    return 1 + body.count(b",") + body.count(b"[") + 2 * body.count(b"{")


def _names(body: bytes) -> int:
    """Return an upper bound of the number of names.

    Unlike `:` alone, `":` is neither in times nor in URLs.
    """
    return body.translate(None, _WHITE_SPACE).count(b'":')
