"""What the traffic layer takes from outside, injected for the sake of tests."""

from dataclasses import dataclass, field
from random import Random

from weir.gateway.clock import Clock
from weir.gateway.events import EventSink
from weir.gateway.ids import IdSource, RandomIds
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.middleware.cache.store import CacheStore


@dataclass(frozen=True, slots=True)
class Runtime:
    """The clock, chance, the event sink, the cache and ids; one for the process."""

    clock: Clock
    rng: Random
    sink: EventSink
    cache: CacheStore = field(default_factory=MemoryStore)
    ids: IdSource = field(default_factory=RandomIds)
