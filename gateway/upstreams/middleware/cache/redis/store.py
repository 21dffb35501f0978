"""Cached answers in Redis, for all gateways, with copies in each process.

    get     a copy of the last seconds, else Redis, else (no answer in time) any copy
    put     the copy, and Redis behind the request's back
    forget  the copies, Redis, and by a message the copies of other processes

Redis is a help, never a need. When it goes away, requests go on with the copies, at
once and without waiting; what is to be forgotten meanwhile is owed to Redis, and paid
before its answers are believed again.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from typing import Final, cast

from weir.gateway.events import CacheUsed
from weir.gateway.upstreams.middleware.cache.invalidation import (
    Forgetting,
    Invalidation,
    Owed,
    decode_message,
    encode_message,
    forget,
)
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.middleware.cache.redis.connection import (
    NO_ANSWER,
    RedisConnection,
)
from weir.gateway.upstreams.middleware.cache.redis.layout import (
    beginning,
    joined_tags,
    key_digest,
    place,
    selection_digest,
    time_to_live_s,
)
from weir.gateway.upstreams.middleware.cache.redis.link import (
    LinkUser,
    RedisLink,
    Surroundings,
)
from weir.gateway.upstreams.middleware.cache.redis.local_copies import (
    LocalCopies,
    is_shareable,
)
from weir.gateway.upstreams.middleware.cache.redis.policy import RedisPolicy
from weir.gateway.upstreams.middleware.cache.redis.record import decode, encode
from weir.gateway.upstreams.middleware.cache.redis.scripts import FORGET, PUT, REMOVE
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.middleware.cache.stored import CacheKey, StoredResponse

_MAX_VARIANTS: Final = 16
_FORGOTTEN_AT_ONCE: Final = 500
"""A script holds up all of Redis; this many take it a few milliseconds."""
_FORGETTING_S: Final = 10.0
_ENCODED_IN_THREAD_BYTES: Final = 64 * 1024


class RedisStore:
    """A `CacheStore` that processes share; `start` and `close` it in the loop.

    Gateways that share a prefix share their answers, so they must agree on what the
    names of upstreams mean.
    """

    def __init__(
        self, redis: RedisPolicy, copies: MemoryStore, surroundings: Surroundings
    ) -> None:
        self._timeout_s = redis.timeout_s
        self._prefix = redis.prefix
        self._channel = f"{redis.prefix}:forget"
        self._copies = LocalCopies(copies)
        self._clock = surroundings.clock
        self._sink = surroundings.sink
        self._tells = surroundings.sink.wants(CacheUsed)
        self._owed = Owed()
        self._heard: set[asyncio.Task[int]] = set()
        user = LinkUser(
            self._channel, self._hear, self._pay_all, self._copies.trust_nothing
        )
        self._link = RedisLink(redis, user, surroundings)

    @property
    def available(self) -> bool:
        """Whether Redis is asked."""
        return self._link.connection is not None

    async def start(self) -> None:
        """Connect, and stay so; returns once it is known whether Redis answers."""
        await self._link.start()

    async def close(self) -> None:
        """Let go of Redis; the copies stay."""
        await self._link.close()

    async def get(self, *keys: CacheKey) -> tuple[StoredResponse, ...]:
        connection = self._link.connection
        if connection is None:
            return await self._copies.store.get(*keys)
        trusted = await self._copies.trusted(*keys, now_s=self._clock.monotonic_s())
        if trusted is not None:
            return trusted
        started_s = self._clock.monotonic_s()
        # All in one turn, so that they go out in one write.
        replies = [
            connection.ask("HGETALL", f"{self._prefix}:answer:{key_digest(key)}")
            for key in keys
        ]
        answers = [await reply for reply in replies]
        if not all(isinstance(answer, dict) for answer in answers):
            self._tell_lookup(keys[0], "bypass", started_s)
            return await self._copies.store.get(*keys)
        self._tell_lookup(keys[0], "hit" if any(answers) else "miss", started_s)
        found: list[StoredResponse] = []
        for key, answer in zip(keys, answers, strict=True):
            # RESP3 has a map of byte strings for a hash.
            found += await self._take_over(key, cast("dict[bytes, bytes]", answer))
        return tuple(found)

    @property
    def moment(self) -> int:
        return self._copies.store.moment

    async def put(
        self, key: CacheKey, stored: StoredResponse, since: int | None = None
    ) -> None:
        if since is not None and self._copies.store.is_outdated(key, stored, since):
            return
        await self._copies.store.put(key, stored)
        connection = self._link.connection
        if connection is None:
            return
        self._copies.trust(key, self._clock.monotonic_s())
        ttl_s = time_to_live_s(stored, self._clock.monotonic_s())
        if ttl_s < 1 or not is_shareable(stored):
            return
        large = len(stored.body) > _ENCODED_IN_THREAD_BYTES
        record = await asyncio.to_thread(encode, stored) if large else encode(stored)
        # Nobody waits for the answer: a put that is lost is a miss, later.
        connection.ask(
            *("EVAL", PUT, 1, self._prefix, key.upstream, place(key)),
            *(selection_digest(stored.selection), record),
            *(ttl_s, _MAX_VARIANTS, joined_tags(stored)),
        )

    async def remove(self, key: CacheKey) -> None:
        await self._copies.store.remove(key)
        connection = self._link.connection
        if connection is not None:
            await connection.ask(
                "EVAL", REMOVE, 1, self._prefix, key.upstream, place(key)
            )

    async def invalidate(
        self, upstream: str, *paths: str, tags: Collection[str] = ()
    ) -> None:
        await self._copies.store.invalidate(upstream, *paths, tags=tags)
        outdated: list[Forgetting] = [Invalidation(upstream, path) for path in paths]
        outdated += [Purge(upstream=upstream, tag=tag) for tag in tags]
        for forgetting in outdated:
            self._owed.add(forgetting)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timeout_s):
                for forgetting in outdated:
                    await self._forget_elsewhere(forgetting)

    async def purge(self, purge: Purge) -> int:
        copies = await self._copies.store.purge(purge)
        return max(copies, await self._forget_elsewhere(purge))

    async def _take_over(
        self, key: CacheKey, records: dict[bytes, bytes]
    ) -> tuple[StoredResponse, ...]:
        now_s = self._clock.monotonic_s()
        # What was put while Redis answered is newer than its answer.
        put_meanwhile = await self._copies.trusted(key, now_s=now_s)
        if put_meanwhile is not None:
            return put_meanwhile
        decoded = [decode(record, self._clock) for record in records.values()]
        shared = [stored for stored in decoded if stored is not None]
        shared.sort(key=lambda stored: stored.received_epoch_s)
        return await self._copies.take_over(key, shared, now_s)

    async def _forget_elsewhere(self, forgetting: Forgetting) -> int:
        """Have Redis and the other processes forget; return how much Redis forgot.

        What does not succeed, or is not waited for, is owed.
        """
        self._owed.add(forgetting)
        connection = self._link.connection
        return 0 if connection is None else await self._pay(connection, forgetting) or 0

    async def _pay_all(self, connection: RedisConnection) -> bool:
        while (owed := self._owed.first()) is not None:
            if await self._pay(connection, owed) is None:
                return False
        return True

    async def _pay(self, connection: RedisConnection, owed: Forgetting) -> int | None:
        """Return how much Redis forgot, or None where that did not succeed."""
        forgotten = None
        with suppress(TimeoutError):
            async with asyncio.timeout(_FORGETTING_S):
                forgotten = await self._forget_in(connection, owed)
        if forgotten is not None:
            self._owed.settle(owed)
        return forgotten

    async def _forget_in(
        self, connection: RedisConnection, forgetting: Forgetting
    ) -> int | None:
        tag = forgetting.tag.lower() if isinstance(forgetting, Purge) else ""
        total, found = 0, _FORGOTTEN_AT_ONCE
        while found == _FORGOTTEN_AT_ONCE:
            answer = await connection.ask_patiently(
                *("EVAL", FORGET, 1, self._prefix, forgetting.upstream, tag),
                *(beginning(forgetting), _FORGOTTEN_AT_ONCE),
            )
            if answer is NO_ANSWER:
                return None
            found, forgotten = cast("list[int]", answer)  # what FORGET returns
            total += forgotten
        told = await connection.ask_patiently(
            "PUBLISH", self._channel, encode_message(forgetting)
        )
        return None if told is NO_ANSWER else total

    def _hear(self, message: bytes) -> None:
        """Forget copies, our own messages' too: one may have come in since we asked.

        The task is due before any answer that was read after the message.
        """
        forgetting = decode_message(message)
        if forgetting is not None:
            task = asyncio.create_task(forget(self._copies.store, forgetting))
            self._heard.add(task)
            task.add_done_callback(self._heard.discard)

    def _tell_lookup(self, key: CacheKey, outcome: str, started_s: float) -> None:
        if self._tells:
            event = CacheUsed(
                request_id="",
                trace_id="",
                parent_id="",
                cache="redis",
                key_scope=key.upstream,
                outcome=outcome,
                started_s=started_s,
                ended_s=self._clock.monotonic_s(),
            )
            self._sink.emit(event)
