"""Texts that gateways share, by their hashes."""

from typing import Protocol


class SharedTexts(Protocol):
    """Texts by their SHA-256, in lower-case hexadecimal digits."""

    async def get(self, sha256_hash: str) -> str | None:
        """Return the text of a hash; None if it is not known in time."""
        ...

    def put(self, sha256_hash: str, text: str) -> None:
        """Share a text whose hash has been compared, without waiting for it."""
        ...
