"""The Redis that gateways share, as the configuration says."""

from random import Random

from bffs.config.model.redis import RedisSection
from bffs.config.policies.mapping import to_policy
from gateway.clock import Clock
from gateway.telemetry.events import EventSink
from gateway.upstreams.caching.memory_store import MemoryStore
from gateway.upstreams.caching.redis_link import Surroundings
from gateway.upstreams.caching.redis_policy import RedisPolicy
from gateway.upstreams.caching.redis_store import RedisStore


def shared_store(
    redis: RedisSection, copies: MemoryStore, clock: Clock, sink: EventSink
) -> RedisStore:
    """Return the store of all gateways, with copies in this one."""
    policy = to_policy(redis, RedisPolicy)
    surroundings = Surroundings(clock, Random(), sink)  # noqa: S311 - jitter
    return RedisStore(policy, copies, surroundings)
