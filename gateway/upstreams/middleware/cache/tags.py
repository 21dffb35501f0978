"""The tags of responses, by which they can be invalidated."""

from weir.gateway.headers import Headers, header_values, list_members


def tags_of(headers: Headers) -> frozenset[str]:
    """Return the tags of a response, from Surrogate-Key and Cache-Tag.

    Spaces separate the tags of Surrogate-Key, and commas those of Cache-Tag.
    """
    keys = [
        key.lower()
        for value in header_values(headers, b"surrogate-key")
        for key in value.split()
    ]
    tags = list_members(headers, b"cache-tag")
    return frozenset(tag.decode("latin-1") for tag in (*keys, *tags))
