"""Texts by their hashes in the Redis that gateways share.

A text that does not have its hash is not used, whoever has written it. Texts expire
after a day, and so Redis does not grow without a bound.
"""

import re
from hashlib import sha256
from typing import Final

from weir.gateway.shared_store.connection import NO_REPLY
from weir.gateway.shared_store.store import SharedStore

_EXPIRES_S: Final = 24 * 3600
_MAX_BYTES: Final = 1024 * 1024
"""Longer texts are not shared."""
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class HashedTexts:
    """The texts of one `user` of the store, such as "persisted_queries"."""

    def __init__(self, store: SharedStore, user: str) -> None:
        self._store = store
        self._user = user

    async def get(self, sha256_hash: str) -> str | None:
        """Return the text of a hash; None if it is not known in time."""
        if not _HASH.fullmatch(sha256_hash):
            return None
        connection = self._store.connection
        if connection is None:
            self._store.fall_back(self._user)
            return None
        key = self._key(sha256_hash)
        reply = await connection.send("GETRANGE", key, 0, _MAX_BYTES - 1)
        if reply is NO_REPLY:
            self._store.fall_back(self._user)
        if not isinstance(reply, bytes) or sha256(reply).hexdigest() != sha256_hash:
            return None
        try:
            return reply.decode()
        except UnicodeDecodeError:
            return None

    def put(self, sha256_hash: str, text: str) -> None:
        """Share a text whose hash has been compared, without waiting for it."""
        content, connection = text.encode(), self._store.connection
        if len(content) > _MAX_BYTES:
            return
        if connection is None:
            self._store.fall_back(self._user)
            return
        connection.send("SET", self._key(sha256_hash), content, "EX", _EXPIRES_S)

    def _key(self, sha256_hash: str) -> str:
        return f"{self._store.policy.prefix}:{self._user}:{sha256_hash}"
