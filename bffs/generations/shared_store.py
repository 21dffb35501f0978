"""The store in Redis that gateways share, and its users, from the configuration."""

from dataclasses import dataclass
from random import Random
from secrets import token_hex

from weir.bffs.config.model.redis import RedisSection
from weir.bffs.config.policies.mapping import to_policy
from weir.gateway.clock import Clock
from weir.gateway.events import EventSink
from weir.gateway.limits.limiter import NewStates
from weir.gateway.limits.shared.processes import Processes
from weir.gateway.limits.shared.states import SharedStates
from weir.gateway.shared_store.hashed_texts import HashedTexts
from weir.gateway.shared_store.policy import SharedStorePolicy
from weir.gateway.shared_store.store import SharedStore
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.middleware.cache.redis.store import RedisStore


@dataclass(frozen=True, slots=True)
class SharedParts:
    """The store of all gateways, and its users.

    These are the cache, the rate limits and the documents that clients persist.
    """

    store: SharedStore
    cache: RedisStore
    limit_states: NewStates
    documents: HashedTexts


def shared_parts(
    redis: RedisSection,
    workers: int,
    copies: MemoryStore,
    clock: Clock,
    sink: EventSink,
) -> SharedParts:
    """Return the store of all gateways, with copies of responses in this process.

    This gateway has so many `workers`.
    """
    store = SharedStore(
        to_policy(redis, SharedStorePolicy),
        clock=clock,
        rng=Random(),  # noqa: S311 - jitter
        sink=sink,
    )
    processes = Processes(store.policy.prefix, token_hex(8), clock, workers)
    store.join(processes)
    return SharedParts(
        store,
        RedisStore(store, copies, clock=clock, sink=sink),
        lambda limit: SharedStates(limit, store, processes, clock),
        HashedTexts(store, "persisted_queries"),
    )
