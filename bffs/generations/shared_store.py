"""The store in Redis that gateways share, from the configuration."""

from random import Random

from weir.bffs.config.model.redis import RedisSection
from weir.bffs.config.policies.mapping import to_policy
from weir.gateway.clock import Clock
from weir.gateway.events import EventSink
from weir.gateway.shared_store.policy import RedisPolicy
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.middleware.cache.redis.store import RedisStore


def shared_store(
    redis: RedisSection, copies: MemoryStore, clock: Clock, sink: EventSink
) -> RedisStore:
    """Return the store of all gateways, with copies in this one."""
    policy = to_policy(redis, RedisPolicy)
    rng = Random()  # noqa: S311 - jitter
    return RedisStore(policy, copies, clock=clock, rng=rng, sink=sink)
