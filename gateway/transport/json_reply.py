"""The decoder of JSON in responses of services, bounded before it runs.

The decoder is not interruptible. A response within the limit of bytes may still have so
many values that it takes a multiple of the usual time: four megabytes of `[],` are over
a million lists. So the values of a large response are counted before it is decoded.
"""

from typing import Final

import orjson

from weir.gateway.json_types import JSONValue
from weir.gateway.transport.errors import UpstreamReplyTooLarge

MOST_VALUES: Final = 512 * 1024
_DEFAULT_BYTES: Final = 4 * 1024 * 1024
"""Responses above this size are allowed by configuration only."""
_BYTES_OF_A_VALUE: Final = 4


def decode_reply(body: bytes) -> JSONValue:
    """Return the value of a response.

    Raise orjson.JSONDecodeError, and UpstreamReplyTooLarge if it has more than
    `MOST_VALUES` values, or one for each 4 bytes if it is above 4 MiB.
    """
    if too_many_values(body):
        message = f"The response has more than {_most(len(body))} values."
        raise UpstreamReplyTooLarge(message)
    decoded: JSONValue = orjson.loads(body)
    return decoded


def too_many_values(body: bytes) -> bool:
    """Return whether a text in JSON may have more values than are decoded."""
    most = _most(len(body))
    return len(body) > most and _values(body) > most


def _most(size: int) -> int:
    return MOST_VALUES if size <= _DEFAULT_BYTES else size // _BYTES_OF_A_VALUE


def _values(body: bytes) -> int:
    """Return an upper bound of the number of values.

    Each value follows a comma or an opening bracket. Those in texts count as well.
    """
    return 1 + body.count(b",") + body.count(b"[") + body.count(b"{")
