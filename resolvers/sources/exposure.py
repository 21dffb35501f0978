"""The errors of services whose texts clients get in production."""

from dataclasses import dataclass
from typing import Final

from weir.gateway.json_types import JSONObject, JSONValue, is_object

DEFAULT_CODES: Final = (
    "BAD_USER_INPUT",
    "BAD_REQUEST",
    "INVALID_ARGUMENT",
    "UNAUTHENTICATED",
    "UNAUTHORIZED",
    "FORBIDDEN",
    "PERMISSION_DENIED",
    "NOT_FOUND",
    "RESOURCE_NOT_FOUND",
    "CONFLICT",
    "ALREADY_EXISTS",
    "UNPROCESSABLE_CONTENT",
    "UNPROCESSABLE_ENTITY",
    "VALIDATION_FAILED",
    "TOO_MANY_REQUESTS",
    "RATE_LIMITED",
)
"""Codes of faults of the client, which has to read the message to fix its request."""


@dataclass(frozen=True, slots=True)
class ErrorExposure:
    """The codes of exposed errors, and the extensions that clients get of these."""

    codes: frozenset[str] = frozenset()
    extensions: frozenset[str] = frozenset()

    def exposes(self, error: JSONObject) -> bool:
        """Return whether clients get the message of a raw GraphQL error."""
        extensions: JSONValue = error.get("extensions")
        code = extensions.get("code") if is_object(extensions) else None
        return isinstance(code, str) and code in self.codes

    def visible(self, extensions: JSONObject) -> JSONObject:
        """Return the extensions of an exposed error that clients get."""
        return {
            key: value for key, value in extensions.items() if key in self.extensions
        }


NOTHING: Final = ErrorExposure()
