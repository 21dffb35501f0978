"""A part of a request that does not have the required form."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Place: TypeAlias = Literal["path", "query", "header", "cookie", "body"]
"""A part of a request, as OpenAPI names it."""

_SHOWN = 200
"""The number of characters of a message."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation at a JSON pointer (RFC 6901) within a part.

    The first token of the pointer is the name of a parameter; a body has no name.
    """

    place: Place
    pointer: str
    message: str

    def as_member(self) -> dict[str, str]:
        """Return the item of `errors` in a problem (RFC 9457 §3)."""
        return {
            "in": self.place,
            "pointer": self.pointer,
            "detail": self.message[:_SHOWN],
        }


def token(name: str) -> str:
    """Return a token of a JSON pointer (RFC 6901 §3)."""
    return "/" + name.replace("~", "~0").replace("/", "~1")
