"""Cached responses in Redis, shared by all gateways, with copies in each process.

    get         a copy of the last seconds, else Redis, else (no reply in time) any copy
    put         the copy at once, and Redis in the background
    invalidate  the copies, Redis, and by a message the copies of other processes

Redis may be unavailable. Requests then use the copies at once. The invalidations of
that time are pending, and sent to Redis before its responses are used again.
"""

import asyncio
from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import Final, cast

from weir.gateway.clock import Clock
from weir.gateway.events import CacheUsed, EventSink
from weir.gateway.shared_store.connection import (
    NO_REPLY,
    RedisConnection,
)
from weir.gateway.shared_store.store import SharedStore
from weir.gateway.upstreams.middleware.cache.invalidation import (
    Invalidation,
    PathInvalidation,
    PendingInvalidations,
    apply_invalidation,
    decode_message,
    encode_message,
)
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.middleware.cache.redis.layout import (
    invalidated_prefix,
    joined_tags,
    key_digest,
    member_prefix,
    selection_digest,
    time_to_live_s,
)
from weir.gateway.upstreams.middleware.cache.redis.local_copies import (
    LocalCopies,
    is_shareable,
)
from weir.gateway.upstreams.middleware.cache.redis.record import decode, encode
from weir.gateway.upstreams.middleware.cache.redis.scripts import (
    INVALIDATE,
    PUT,
    REMOVE,
)
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.middleware.cache.stored import CacheKey, StoredResponse

_USER: Final = "cache"
_MAX_VARIANTS: Final = 16
_MAX_PER_SCRIPT: Final = 500
"""A script blocks Redis; this number takes a few milliseconds."""
_INVALIDATION_S: Final = 10.0
_ENCODED_IN_THREAD_BYTES: Final = 64 * 1024


class RedisStore:
    """A `CacheStore` that processes share, as a user of their store.

    Gateways with the same prefix share their responses, so an upstream's name must mean
    the same service for all of them.
    """

    def __init__(
        self,
        shared: SharedStore,
        copies: MemoryStore,
        *,
        clock: Clock,
        sink: EventSink,
    ) -> None:
        self._shared = shared
        self._timeout_s = shared.policy.timeout_s
        self._prefix = shared.policy.prefix
        self.channel = f"{self._prefix}:invalidations"
        self._copies = LocalCopies(copies)
        self._clock = clock
        self._receive_lookup = sink.receiver(CacheUsed)
        self._pending = PendingInvalidations()
        self._receiving: set[asyncio.Task[int]] = set()
        shared.join(self)

    @property
    def available(self) -> bool:
        """Whether Redis is used."""
        return self._shared.connection is not None

    async def get(self, *keys: CacheKey) -> tuple[StoredResponse, ...]:
        connection = self._shared.connection
        if connection is None:
            self._shared.fall_back(_USER)
            return await self._copies.store.get(*keys)
        trusted = await self._copies.trusted(*keys, now_s=self._clock.monotonic_s())
        if trusted is not None:
            return trusted
        started_s = self._clock.monotonic_s()
        # All commands of one turn are sent in one write.
        futures = [
            connection.send("HGETALL", f"{self._prefix}:response:{key_digest(key)}")
            for key in keys
        ]
        replies = [await future for future in futures]
        if not all(isinstance(reply, dict) for reply in replies):
            self._record_lookup(keys[0], "bypass", started_s)
            self._shared.fall_back(_USER)
            return await self._copies.store.get(*keys)
        self._record_lookup(keys[0], "hit" if any(replies) else "miss", started_s)
        found: list[StoredResponse] = []
        for key, reply in zip(keys, replies, strict=True):
            # In RESP3, a hash is a map of byte strings.
            found += await self._update_copies(key, cast("dict[bytes, bytes]", reply))
        return tuple(found)

    @property
    def sequence(self) -> int:
        return self._copies.store.sequence

    async def put(
        self, key: CacheKey, stored: StoredResponse, since: int | None = None
    ) -> None:
        since = self.sequence if since is None else since
        if self._copies.store.is_invalidated(key, stored, since):
            return
        await self._copies.store.put(key, stored)
        connection = self._shared.connection
        if connection is None:
            return
        self._copies.trust(key, self._clock.monotonic_s())
        ttl_s = time_to_live_s(stored, self._clock.monotonic_s())
        if ttl_s < 1 or not is_shareable(stored):
            return
        large = len(stored.body) > _ENCODED_IN_THREAD_BYTES
        record = await asyncio.to_thread(encode, stored) if large else encode(stored)
        if large and self._copies.store.is_invalidated(key, stored, since):
            return
        # The reply is not awaited: a lost put only causes a miss later.
        connection.send(
            *("EVAL", PUT, 1, self._prefix, key.upstream, member_prefix(key)),
            *(selection_digest(stored.selection), record),
            *(ttl_s, _MAX_VARIANTS, joined_tags(stored)),
        )

    async def remove(self, key: CacheKey) -> None:
        await self._copies.store.remove(key)
        connection = self._shared.connection
        if connection is not None:
            await connection.send(
                "EVAL", REMOVE, 1, self._prefix, key.upstream, member_prefix(key)
            )

    async def invalidate_keys(self, *keys: CacheKey) -> None:
        await self._copies.store.invalidate_keys(*keys)
        await self._invalidate_in_time(keys)

    async def invalidate(
        self,
        upstream: str,
        *paths: str,
        only_get: bool = False,
        tags: Collection[str] = (),
    ) -> None:
        await self._copies.store.invalidate(
            upstream, *paths, only_get=only_get, tags=tags
        )
        outdated: list[Invalidation] = [
            PathInvalidation(upstream, path, only_get) for path in paths
        ]
        outdated += [Purge(upstream=upstream, tag=tag) for tag in tags]
        await self._invalidate_in_time(outdated)

    async def purge(self, purge: Purge) -> int:
        copies = await self._copies.store.purge(purge)
        return max(copies, await self._invalidate_shared(purge))

    async def _update_copies(
        self, key: CacheKey, records: dict[bytes, bytes]
    ) -> tuple[StoredResponse, ...]:
        now_s = self._clock.monotonic_s()
        # A response that was put in the meantime is newer than the reply of Redis.
        put_meanwhile = await self._copies.trusted(key, now_s=now_s)
        if put_meanwhile is not None:
            return put_meanwhile
        decoded = [decode(record, self._clock) for record in records.values()]
        shared = [stored for stored in decoded if stored is not None]
        shared.sort(key=lambda stored: stored.received_epoch_s)
        return await self._copies.update(key, shared, now_s)

    async def _invalidate_in_time(self, outdated: Iterable[Invalidation]) -> None:
        """Invalidate in Redis; those that take longer remain pending."""
        unique = tuple(dict.fromkeys(outdated))
        for invalidation in unique:
            self._pending.add(invalidation)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timeout_s):
                for invalidation in unique:
                    await self._invalidate_shared(invalidation)

    async def _invalidate_shared(self, invalidation: Invalidation) -> int:
        """Invalidate in Redis and the other processes; return the number removed.

        The invalidation is pending until it has succeeded.
        """
        self._pending.add(invalidation)
        connection = self._shared.connection
        return (
            0 if connection is None else await self._send(connection, invalidation) or 0
        )

    async def prepare(self, connection: RedisConnection) -> bool:
        """Send the pending invalidations, as Redis may have outdated responses."""
        while (pending := self._pending.first()) is not None:
            if await self._send(connection, pending) is None:
                return False
        return True

    async def _send(
        self, connection: RedisConnection, pending: Invalidation
    ) -> int | None:
        """Send an invalidation; return the number removed, or None on a failure."""
        removed = None
        with suppress(TimeoutError):
            async with asyncio.timeout(_INVALIDATION_S):
                removed = await self._invalidate_in(connection, pending)
        if removed is not None:
            self._pending.discard(pending)
        return removed

    async def _invalidate_in(
        self, connection: RedisConnection, invalidation: Invalidation
    ) -> int | None:
        tag = invalidation.tag.lower() if isinstance(invalidation, Purge) else ""
        total, found = 0, _MAX_PER_SCRIPT
        while found == _MAX_PER_SCRIPT:
            reply = await connection.send_untimed(
                *("EVAL", INVALIDATE, 1, self._prefix, invalidation.upstream, tag),
                *(invalidated_prefix(invalidation), _MAX_PER_SCRIPT),
            )
            if reply is NO_REPLY:
                return None
            found, removed = cast("list[int]", reply)  # the result of INVALIDATE
            total += removed
        published = await connection.send_untimed(
            "PUBLISH", self.channel, encode_message(invalidation)
        )
        return None if published is NO_REPLY else total

    def receive(self, message: bytes) -> None:
        """Apply the invalidation of a message to the copies.

        This includes the messages of this process, as a copy may have been stored since
        they were sent. The task runs before any reply after the message is used.
        """
        invalidation = decode_message(message)
        if invalidation is not None:
            task = asyncio.create_task(
                apply_invalidation(self._copies.store, invalidation)
            )
            self._receiving.add(task)
            task.add_done_callback(self._receiving.discard)

    def lose(self) -> None:
        """Trust no copy, as invalidations may be missed from now on."""
        self._copies.clear_trust()

    def _record_lookup(self, key: CacheKey, outcome: str, started_s: float) -> None:
        if self._receive_lookup is not None:
            event = CacheUsed(
                request_id="",
                trace=None,
                parent_id="",
                cache="redis",
                key_scope=key.upstream,
                outcome=outcome,
                started_s=started_s,
                ended_s=self._clock.monotonic_s(),
            )
            self._receive_lookup(event)
