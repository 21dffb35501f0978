"""Automatic persisted queries (APQ): documents that clients send once.

https://www.apollographql.com/docs/apollo-server/performance/apq
"""

from hashlib import sha256
from typing import Final

from weir.gateway.shared_store.texts import SharedTexts
from weir.resolvers.lru_cache import LruCache

_LIMIT_BYTES: Final = 4 * 1024 * 1024
_ENTRY_BYTES: Final = 256
"""Memory of an entry besides its document, about."""


def document_hash(document: str) -> str:
    """Return the SHA-256 of a document, in lower-case hexadecimal digits."""
    return sha256(document.encode()).hexdigest()


class PersistedQueries:
    """Documents by hash, within a limit of memory, and those of other gateways.

    The least recently used ones are evicted first: their clients send them again.
    """

    def __init__(
        self, limit_bytes: int = _LIMIT_BYTES, shared: SharedTexts | None = None
    ) -> None:
        self._shared = shared
        self._documents = LruCache[str, str](limit_bytes, document_bytes)

    def get(self, sha256_hash: str) -> str | None:
        """Return the document with this hash, if this gateway knows it."""
        return self._documents.get(sha256_hash)

    async def fetch(self, sha256_hash: str) -> str | None:
        """Return the document with this hash, if another gateway knows it."""
        if self._shared is None:
            return None
        document = await self._shared.get(sha256_hash)
        if document is not None:
            self._documents.put(sha256_hash, document)
        return document

    def add(self, sha256_hash: str, document: str) -> None:
        """Store a document whose hash has been compared."""
        if self._documents.peek(sha256_hash) is None:
            self._documents.put(sha256_hash, document)
            if self._shared is not None:
                self._shared.put(sha256_hash, document)


def document_bytes(_: object, document: str) -> int:
    """Return the memory of a document in a cache, about."""
    # A str takes up to 4 bytes for each character.
    return _ENTRY_BYTES + 4 * len(document)
