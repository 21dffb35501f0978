"""The dependencies of all generations, which tests replace."""

from dataclasses import dataclass, field
from random import Random

from weir.gateway.clock import Clock
from weir.gateway.concurrency.client_memory import ClientMemory
from weir.gateway.events import EventSink
from weir.gateway.ids import IdSource, RandomIds
from weir.gateway.limits.buckets import Buckets
from weir.gateway.limits.limiter import NewStates
from weir.gateway.shared_store.texts import SharedTexts
from weir.gateway.transport.reply_hold import DEFAULT_BYTES as REPLY_BYTES
from weir.gateway.upstreams.factories import DiscoveryFactory, new_discovery
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.middleware.cache.store import CacheStore
from weir.gateway.upstreams.writes import Writes


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The parts that all generations of a process share.

    `limit_states` returns the states of the keys of a rate limit. `documents` are those
    that clients have persisted at other gateways, None without a shared store.
    `replies` is the memory for the responses of services. `discoveries` follow the
    sources of instances.
    """

    clock: Clock
    rng: Random
    sink: EventSink
    cache: CacheStore = field(default_factory=MemoryStore)
    limit_states: NewStates = Buckets
    documents: SharedTexts | None = None
    replies: ClientMemory = field(default_factory=lambda: ClientMemory(REPLY_BYTES))
    discoveries: DiscoveryFactory = new_discovery
    ids: IdSource = field(default_factory=RandomIds)
    writes: Writes = field(default_factory=Writes)
