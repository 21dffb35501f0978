"""A part of a message that does not have the required form."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Place: TypeAlias = Literal[
    "path", "query", "header", "cookie", "body", "response", "response header"
]
"""A part of a request, as OpenAPI names it, or the body or a field of a response."""

_SHOWN: Final = 200
"""The number of characters of a pointer or message, which may have those of clients."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation at a JSON pointer (RFC 6901) within a part.

    The first token of the pointer is the name of a parameter; a body has no name.
    `message` may have the value, and `keyword` is that of the schema, if any.
    """

    place: Place
    pointer: str
    message: str
    keyword: str = ""

    @property
    def described(self) -> str:
        """The place and the message, for the client that has sent the value."""
        return f"{self.place}{self.pointer[:_SHOWN]}: {self.message[:_SHOWN]}"

    @property
    def logged(self) -> str:
        """The place and the rule, without the value, which may be a secret."""
        if not self.keyword:
            return self.described
        return f"{self.place}{self.pointer[:_SHOWN]}: It violates `{self.keyword}`."

    def as_member(self) -> dict[str, str]:
        """Return the item of `errors` in a problem (RFC 9457 §3)."""
        return {
            "in": self.place,
            "pointer": self.pointer[:_SHOWN],
            "detail": self.message[:_SHOWN],
        }


def token(name: str) -> str:
    """Return a token of a JSON pointer (RFC 6901 §3)."""
    return "/" + name.replace("~", "~0").replace("/", "~1")
