"""Automatic persisted queries (APQ): documents that clients send once.

https://www.apollographql.com/docs/apollo-server/performance/apq
"""

from collections import OrderedDict
from hashlib import sha256
from typing import Final

_LIMIT_BYTES: Final = 4 * 1024 * 1024
_ENTRY_BYTES: Final = 256
"""Memory of an entry besides its document, about."""


def document_hash(document: str) -> str:
    """Return the SHA-256 of a document, in lower-case hexadecimal digits."""
    return sha256(document.encode()).hexdigest()


class PersistedQueries:
    """Documents by hash, within a limit of memory.

    The least recently used ones are evicted first: their clients send them again.
    """

    def __init__(self, limit_bytes: int = _LIMIT_BYTES) -> None:
        self._limit = limit_bytes
        self._used = 0
        self._documents: OrderedDict[str, str] = OrderedDict()

    def get(self, sha256_hash: str) -> str | None:
        """Return the document with this hash, if it is known."""
        document = self._documents.get(sha256_hash)
        if document is not None:
            self._documents.move_to_end(sha256_hash)
        return document

    def add(self, sha256_hash: str, document: str) -> None:
        """Store a document whose hash has been compared."""
        if sha256_hash in self._documents:
            return
        self._documents[sha256_hash] = document
        self._used += _size(document)
        while self._used > self._limit:
            self._used -= _size(self._documents.popitem(last=False)[1])


def _size(document: str) -> int:
    # A str takes up to 4 bytes for each character.
    return _ENTRY_BYTES + 4 * len(document)
