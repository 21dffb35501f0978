"""The media types that a client accepts (RFC 9110 §12.5.1)."""

from functools import lru_cache
from typing import Final

_KNOWN_FIELDS: Final = 256


@lru_cache(_KNOWN_FIELDS)
def accepts_json(accept: bytes) -> bool:
    """Return whether a client reads application/json; "" accepts anything."""
    if not accept:
        return True
    weights = media_ranges(accept)
    # The most specific range applies.
    wildcard = weights.get(b"application/*", weights.get(b"*/*", 0.0))
    return weights.get(b"application/json", wildcard) > 0


def media_ranges(accept: bytes) -> dict[bytes, float]:
    """Return the qualities of the media ranges of an Accept field."""
    weights: dict[bytes, float] = {}
    for item in accept.lower().split(b","):
        media_range, *parameters = (part.strip() for part in item.split(b";"))
        weights[media_range] = next(
            (_quality(p[2:]) for p in parameters if p.startswith(b"q=")), 1.0
        )
    return weights


def _quality(text: bytes) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
