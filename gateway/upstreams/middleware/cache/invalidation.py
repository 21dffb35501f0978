"""What is to be forgotten, also by other processes, and later where not at once."""

from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

import orjson
from pydantic import TypeAdapter, ValidationError

from weir.gateway.upstreams.middleware.cache.store import CacheStore, Purge

_MAX_OWED: Final = 500
"""Of one upstream; beyond, all of it is forgotten in their place."""


@dataclass(frozen=True, slots=True)
class Invalidation:
    """Forget what GET of this very path answered."""

    upstream: str
    path: str


Forgetting: TypeAlias = Purge | Invalidation


class _Message(NamedTuple):
    upstream: str
    path: str
    tag: str
    exact: bool


_MESSAGES: Final = TypeAdapter(_Message)


def encode_message(forgetting: Forgetting) -> bytes:
    """Return what all processes are told."""
    match forgetting:
        case Purge(upstream=upstream, path_prefix=prefix, tag=tag):
            return orjson.dumps((upstream, prefix, tag, False))
        case Invalidation(upstream, path):
            return orjson.dumps((upstream, path, "", True))


def decode_message(message: bytes) -> Forgetting | None:
    """Return what to forget; None where it is not such a message."""
    try:
        told = _MESSAGES.validate_json(message)
    except ValidationError:
        return None
    if told.exact:
        return Invalidation(told.upstream, told.path)
    return Purge(upstream=told.upstream, path_prefix=told.path, tag=told.tag)


async def forget(store: CacheStore, forgetting: Forgetting) -> int:
    """Have `store` forget; return how many responses a purge took (else 0)."""
    match forgetting:
        case Purge():
            return await store.purge(forgetting)
        case Invalidation(upstream, path):
            await store.invalidate(upstream, path)
            return 0


class Owed:
    """What could not be forgotten elsewhere yet; bounded by forgetting more."""

    def __init__(self) -> None:
        self._by_upstream: dict[str, dict[Forgetting, None]] = {}

    def first(self) -> Forgetting | None:
        """Return one of what is owed."""
        for owed in self._by_upstream.values():
            return next(iter(owed))
        return None

    def add(self, forgetting: Forgetting) -> None:
        owed = self._by_upstream.setdefault(forgetting.upstream, {})
        owed[forgetting] = None
        if len(owed) > _MAX_OWED:
            owed.clear()
            owed[Purge(upstream=forgetting.upstream)] = None

    def settle(self, forgetting: Forgetting) -> None:
        """Take out what has been forgotten, if it is owed still."""
        owed = self._by_upstream.get(forgetting.upstream, {})
        owed.pop(forgetting, None)
        if not owed:
            self._by_upstream.pop(forgetting.upstream, None)
