"""The dependencies of all upstreams, which tests replace."""

from dataclasses import dataclass, field
from random import Random

from weir.gateway.clock import Clock
from weir.gateway.events import EventSink
from weir.gateway.ids import IdSource, RandomIds
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.middleware.cache.store import CacheStore


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The clock, randomness, event sink, response cache and ids of the process."""

    clock: Clock
    rng: Random
    sink: EventSink
    cache: CacheStore = field(default_factory=MemoryStore)
    ids: IdSource = field(default_factory=RandomIds)
