"""The states of the keys of one limit that processes share."""

import asyncio
from asyncio import Future
from collections import OrderedDict
from functools import partial
from typing import Final, cast

from weir.gateway.clock import Clock
from weir.gateway.limits.bucket import Decision, Level, Use
from weir.gateway.limits.buckets import MAX_KEYS
from weir.gateway.limits.limiter import StoreCall
from weir.gateway.limits.policy import RateLimit
from weir.gateway.limits.room import make_room
from weir.gateway.limits.shared.lease import Granted, Lease, Take, share_of
from weir.gateway.limits.shared.processes import Processes
from weir.gateway.limits.shared.script import key_prefix
from weir.gateway.shared_store.connection import OnReply, RedisConnection, Reply
from weir.gateway.shared_store.store import SharedStore

_USER: Final = "limits"


class SharedStates:
    """The leases of a limit by key: most requests need no call of the store."""

    __slots__ = (
        "_capacity",
        "_clock",
        "_interval",
        "_keys",
        "_lowered",
        "_max_keys",
        "_prefix",
        "_processes",
        "_share",
        "_store",
        "limit",
    )

    def __init__(
        self,
        limit: RateLimit,
        store: SharedStore,
        processes: Processes,
        clock: Clock,
        max_keys: int = MAX_KEYS,
    ) -> None:
        self.limit = limit
        self._store = store
        self._processes = processes
        self._clock = clock
        self._max_keys = max_keys
        self._prefix = key_prefix(store.policy.prefix, limit)
        self.lower(limit)
        # In the order of their last use.
        self._keys: OrderedDict[bytes, Lease] = OrderedDict()

    @property
    def keys(self) -> int:
        """The number of keys whose state is known."""
        return len(self._keys)

    def peek(self, key: bytes, now_s: float) -> Level:
        """Return the state of a key as far as this process knows it."""
        return self._keys.get(key, _NEW).peek(self._share, now_s)

    async def read(self, key: bytes, now_s: float) -> Use:
        """Return the use of a key as the store has it, if it replies in time."""
        connection, lease = self._connection, self._lease(key, now_s)
        if connection is not None:
            call = lease.read(self._share, now_s)
            reply = self._send_in_advance(connection, key, lease, call)
            await asyncio.wait([reply])
        return lease.use(self._share, self._clock.monotonic_s())

    def take(self, key: bytes, now_s: float, cost: int = 1) -> Decision | StoreCall:
        """Decide by the tokens that this process holds, or else by a call."""
        lease = self._lease(key, now_s)
        if self._processes.live != self._share.processes:
            self.lower(self._lowered)
        share = self._share
        decision = lease.take_held(share, now_s, cost)
        if decision is not None and decision.allowed:
            if lease.held < share.refilled_below:
                self._refill(key, lease, now_s)
            return decision
        if self._connection is None:
            self._store.fall_back(_USER)
            return lease.take_alone(share, now_s, cost)
        return decision or partial(self._call, key, lease, cost)

    def _refill(self, key: bytes, lease: Lease, now_s: float) -> None:
        """Take the next lease in advance, if it is time for it."""
        connection = self._connection
        take = None if connection is None else lease.refill(self._share, now_s)
        if connection is not None and take is not None:
            self._send_in_advance(connection, key, lease, take)

    def refund(self, key: bytes, cost: int = 1) -> None:
        """Hold the tokens for the next request, or give them back to the store."""
        now_s = self._clock.monotonic_s()
        lease = self._lease(key, now_s)
        lease.hold(cost, now_s)
        self._release(key, lease)

    def lower(self, limit: RateLimit) -> None:
        """Decide by a lower rate and burst than those of `limit` from now on."""
        self._lowered = limit
        self._interval = repr(limit.interval_s)
        self._capacity = repr(limit.capacity_s)
        self._share = share_of(limit, self._processes.live, self.limit.interval_s)

    @property
    def _connection(self) -> RedisConnection | None:
        """The connection, or None if a call would have no reply in time."""
        connection = self._store.connection
        if connection is None or connection.is_silent or not self._processes.script:
            return None
        return connection

    def _lease(self, key: bytes, now_s: float) -> Lease:
        keys = self._keys
        lease = keys.get(key)
        if lease is not None:
            keys.move_to_end(key)
            return lease
        make_room(keys, self._max_keys, lambda each: each.matters_s(now_s))
        lease = keys[key] = Lease()
        return lease

    def _call(self, key: bytes, lease: Lease, cost: int) -> "Future[Decision]":
        decided: Future[Decision] = asyncio.get_running_loop().create_future()
        sent_s = self._clock.monotonic_s()
        connection = self._connection
        if connection is None:
            # It was lost since `take`.
            self._store.fall_back(_USER)
            decided.set_result(lease.take_alone(self._share, sent_s, cost))
            return decided
        take = lease.call(self._share, sent_s, cost)

        def decide(reply: Reply) -> None:
            decision = self._decision(lease, take, reply, sent_s)
            if not decided.done():
                decided.set_result(decision)

        late = partial(self._receive_late, key, lease, take)
        self._send(connection, key, take, late).add_done_callback(decide)
        return decided

    def _decision(
        self, lease: Lease, take: Take, reply: Reply, sent_s: float
    ) -> Decision:
        granted, now_s = _granted(reply.result()), self._clock.monotonic_s()
        if granted is None:
            self._store.fall_back(_USER)
            return lease.decide_without_reply(self._share, take, now_s)
        return lease.decide_by_reply(self._share, take, granted, sent_s, now_s)

    def _send_in_advance(
        self, connection: RedisConnection, key: bytes, lease: Lease, take: Take
    ) -> Reply:
        """Send a call whose reply is for the lease, and not for a request."""
        sent_s = self._clock.monotonic_s()

        def hold(reply: Reply) -> None:
            granted = _granted(reply.result())
            lease.refilled(take, granted, sent_s, self._clock.monotonic_s())

        late = partial(self._receive_late, key, lease, take)
        reply = self._send(connection, key, take, late)
        reply.add_done_callback(hold)
        return reply

    def _receive_late(
        self, key: bytes, lease: Lease, take: Take, reply: object
    ) -> None:
        """Use a late reply, whose request was decided without it."""
        granted = _granted(reply)
        if granted is not None:
            lease.receive_late(self._share, take, granted, self._clock.monotonic_s())
            self._release(key, lease)

    def _release(self, key: bytes, lease: Lease) -> None:
        connection = self._connection
        if connection is not None:
            take = lease.release(self._share, self._clock.monotonic_s())
            if take is not None:
                self._send(connection, key, take, None)

    def _send(
        self, connection: RedisConnection, key: bytes, take: Take, late: OnReply | None
    ) -> Reply:
        return connection.send(
            *("EVALSHA", self._processes.script or b"", 1),
            *(self._prefix + key.hex().encode(), self._interval, self._capacity),
            *(take.needed, take.wanted, repr(take.charge_s)),
            on_late=late,
        )


_NEW: Final = Lease()
"""The state of a key that this process has not seen."""


def _granted(reply: object) -> Granted | None:
    """Return the result of the script, or None without a reply of it."""
    if not isinstance(reply, list):
        return None
    tokens, full_in_us = cast("list[int]", reply)
    return Granted(tokens, full_in_us / 1e6)
