"""A bounded cache of verified credentials, by digest."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

from weir.gateway.clock import Clock
from weir.gateway.context import Identity

MAX_TTL_S: Final = 300.0
_MAX_ENTRIES: Final = 10_000
_MAX_TEXT: Final = 8 * 1024 * 1024
"""Of the JSON of all identities, each of which takes a few times as much."""


class _Entry(NamedTuple):
    identity: Identity
    until_s: float
    size: int
    key: bytes


class VerifiedCredentials:
    """The identities by the digest of their credential, for five minutes at most.

    `until_s` is seconds since 1970. `key` is the fingerprint of the key that has
    verified the credential. The least recently used entries are dropped.
    """

    __slots__ = ("_clock", "_entries", "_size")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, digest: bytes) -> Identity | None:
        """Return the identity of a credential that is still valid."""
        entry = self._entries.get(digest)
        if entry is None:
            return None
        if entry.until_s <= self._clock.epoch_s():
            self._drop(digest)
            return None
        self._entries.move_to_end(digest)
        return entry.identity

    def add(
        self,
        digest: bytes,
        identity: Identity,
        *,
        until_s: float,
        size: int,
        key: bytes = b"",
    ) -> None:
        """Store an identity; `size` is the length of the JSON that it was read from."""
        self._drop(digest)
        until_s = min(until_s, self._clock.epoch_s() + MAX_TTL_S)
        self._entries[digest] = _Entry(identity, until_s, size, key)
        self._size += size
        while len(self._entries) > _MAX_ENTRIES or self._size > _MAX_TEXT:
            self._drop(next(iter(self._entries)))

    def retain(self, keeps: Callable[[bytes], bool]) -> None:
        """Drop the credentials whose key is not retained."""
        entries = self._entries.items()
        for digest in [each for each, entry in entries if not keeps(entry.key)]:
            self._drop(digest)

    def _drop(self, digest: bytes) -> None:
        entry = self._entries.pop(digest, None)
        if entry is not None:
            self._size -= entry.size
