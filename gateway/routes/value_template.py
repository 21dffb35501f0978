"""Texts of header fields and query parameters with values of a request.

"{claims.tenant}"    "user-{id}"
"""

from dataclasses import dataclass

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import RequestHead
from weir.gateway.routes.matching.pattern import PathPattern
from weir.gateway.routes.request_values import (
    RequestValue,
    request_value,
    split_references,
)


@dataclass(frozen=True, slots=True)
class ValueTemplate:
    """Literal texts and values, in their order."""

    pieces: tuple[bytes | RequestValue, ...]

    def value(self, head: RequestHead, context: RequestContext) -> bytes | None:
        """Return the text, or None if the request lacks one of its values."""
        text = b""
        for piece in self.pieces:
            value = piece if isinstance(piece, bytes) else piece(head, context)
            if value is None:
                return None
            text += value
        return text


def parse_value(text: str, pattern: PathPattern) -> ValueTemplate:
    """Parse a text for a route with this pattern; raise InvalidReference."""
    pieces = [
        request_value(piece, pattern) if index % 2 else piece.encode()
        for index, piece in enumerate(split_references(text))
    ]
    return ValueTemplate(tuple(piece for piece in pieces if piece != b""))
