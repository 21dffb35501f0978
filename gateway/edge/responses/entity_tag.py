"""Entity tags of responses, by their bodies."""

from hashlib import blake2b


def etag(body: bytes) -> bytes:
    """Return the strong validator of a body (RFC 9110 §8.8.3)."""
    return b'"' + blake2b(body, digest_size=12).hexdigest().encode() + b'"'
