"""Invalidations, their messages to other processes, and those that are pending."""

from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

import orjson
from pydantic import TypeAdapter, ValidationError

from weir.gateway.upstreams.middleware.cache.store import CacheStore, Purge
from weir.gateway.upstreams.middleware.cache.stored import CacheKey

_MAX_PENDING: Final = 500
"""The limit for one upstream; above it, all its responses are purged instead."""


@dataclass(frozen=True, slots=True)
class PathInvalidation:
    """The invalidation of the responses of exactly this path, or only those to GET."""

    upstream: str
    path: str
    only_get: bool = False

    def matches(self, key: CacheKey) -> bool:
        if self.only_get and key.method != "GET":
            return False
        return (key.upstream, key.path) == (self.upstream, self.path)


Invalidation: TypeAlias = Purge | PathInvalidation | CacheKey
"""A key is the invalidation of all variants under it."""


class _Message(NamedTuple):
    upstream: str
    path: str
    tag: str
    exact: bool
    only_get: bool
    key: tuple[str, str, str] | None = None
    """Partition, method and identity (in hexadecimal digits) of a `CacheKey`."""


_MESSAGES: Final = TypeAdapter(_Message)


def encode_message(invalidation: Invalidation) -> bytes:
    """Return the message to all processes."""
    match invalidation:
        case Purge(upstream=upstream, path_prefix=prefix, tag=tag):
            return orjson.dumps((upstream, prefix, tag, False, False))
        case PathInvalidation(upstream, path, only_get):
            return orjson.dumps((upstream, path, "", True, only_get))
        case CacheKey() as key:
            parts = (key.partition, key.method, key.identity.hex())
            return orjson.dumps((key.upstream, key.path, "", True, False, parts))


def decode_message(message: bytes) -> Invalidation | None:
    """Return the invalidation in a message, or None if the message is invalid."""
    try:
        decoded = _MESSAGES.validate_json(message)
    except ValidationError:
        return None
    if decoded.key is not None:
        return _key(decoded, *decoded.key)
    if decoded.exact:
        return PathInvalidation(decoded.upstream, decoded.path, decoded.only_get)
    return Purge(upstream=decoded.upstream, path_prefix=decoded.path, tag=decoded.tag)


def _key(
    message: _Message, partition: str, method: str, identity: str
) -> CacheKey | None:
    try:
        digest = bytes.fromhex(identity)
    except ValueError:
        return None
    return CacheKey(
        upstream=message.upstream,
        partition=partition,
        method=method,
        path=message.path,
        identity=digest,
    )


async def apply_invalidation(store: CacheStore, invalidation: Invalidation) -> int:
    """Apply an invalidation to `store`; return the number of purged responses.

    The number is 0 for a `PathInvalidation` and a key.
    """
    match invalidation:
        case Purge():
            return await store.purge(invalidation)
        case PathInvalidation(upstream, path, only_get):
            await store.invalidate(upstream, path, only_get=only_get)
            return 0
        case CacheKey():
            await store.invalidate_keys(invalidation)
            return 0


class PendingInvalidations:
    """The invalidations that the shared store has not confirmed yet, bounded."""

    def __init__(self) -> None:
        self._by_upstream: dict[str, dict[Invalidation, None]] = {}

    def first(self) -> Invalidation | None:
        """Return one of the pending invalidations, or None."""
        for pending in self._by_upstream.values():
            return next(iter(pending))
        return None

    def add(self, invalidation: Invalidation) -> None:
        pending = self._by_upstream.setdefault(invalidation.upstream, {})
        pending[invalidation] = None
        if len(pending) > _MAX_PENDING:
            pending.clear()
            pending[Purge(upstream=invalidation.upstream)] = None

    def discard(self, invalidation: Invalidation) -> None:
        """Remove a confirmed invalidation if it is pending."""
        pending = self._by_upstream.get(invalidation.upstream, {})
        pending.pop(invalidation, None)
        if not pending:
            self._by_upstream.pop(invalidation.upstream, None)
