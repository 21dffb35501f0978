"""The encoding of aggregated values."""

import orjson

from weir.gateway.json_types import JSONValue
from weir.gateway.routes.errors import PartMalformed


def encoded(value: JSONValue) -> bytes:
    """Return a value as JSON.

    Raise PartMalformed for a value that is nested too deeply: more levels are decoded
    than encoded.
    """
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        message = f"The response cannot be encoded: {error}."
        raise PartMalformed(message) from error
