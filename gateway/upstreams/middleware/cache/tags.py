"""The tags of responses, by which they can be invalidated."""

from weir.gateway.headers import Headers, header_values


def tags_of(headers: Headers) -> frozenset[str]:
    """Return the tags of a response, from Surrogate-Key and Cache-Tag.

    Spaces separate the tags of Surrogate-Key, and commas those of Cache-Tag.
    """
    keys = tokens(header_values(headers, b"surrogate-key"), None)
    tags = tokens(header_values(headers, b"cache-tag"), b",")
    return frozenset(tag.decode("latin-1") for tag in keys + tags)


def tokens(values: tuple[bytes, ...], separator: bytes | None) -> tuple[bytes, ...]:
    """Return the parts of a list, in lower case."""
    found = (
        part.strip().lower() for value in values for part in value.split(separator)
    )
    return tuple(token for token in found if token)
