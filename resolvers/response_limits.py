"""The limits of the response of one operation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseLimits:
    """Upper bounds for the data of a response.

    `size_bytes` is about the size of its text. `items` limits each list. `levels`
    limits the depth of objects and lists, with that of the data itself. None means that
    there is no limit.
    """

    size_bytes: int = 8 * 1024 * 1024
    items: int | None = None
    levels: int | None = None


DEFAULT_RESPONSE_LIMITS = ResponseLimits()
