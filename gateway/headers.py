"""HTTP header fields as the data path carries them."""

from typing import TypeAlias

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""Field lines in order; names in lower case, values without surrounding space."""


def header(headers: Headers, name: bytes) -> bytes | None:
    """Return the first value of `name` (lower case), or None where it is absent."""
    for key, value in headers:
        if key == name:
            return value
    return None


def header_values(headers: Headers, name: bytes) -> tuple[bytes, ...]:
    """Return every value of `name` (lower case), in order of arrival."""
    return tuple(value for key, value in headers if key == name)
