"""Bodies in JSON (RFC 8259)."""

import re
from typing import Final

import orjson

from weir.gateway.json_types import JSONValue
from weir.gateway.routes.bodies.errors import BodyError
from weir.gateway.transport.json_reply import too_many_parts

_MEDIA_TYPE: Final = re.compile(rb"application/(?:[a-z0-9!#$&^_.-]+\+)?json")


class JsonBody:
    """The format of JSON."""

    content_type = b"application/json"

    def accepts(self, media_type: bytes) -> bool:
        return _MEDIA_TYPE.fullmatch(media_type) is not None

    def decode(self, body: bytes) -> JSONValue:
        if too_many_parts(body):
            message = "it has too many names and values"
            raise BodyError(message)
        try:
            value: JSONValue = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            message = f"it is not JSON: {error}"
            raise BodyError(message) from error
        return value

    def encode(self, value: JSONValue) -> bytes:
        return orjson.dumps(value)
