"""Measures the cost of a cache lookup: in memory, as a copy, and in Redis.

The figures are CPU of this process per lookup of a response of 2 KB of JSON with ten
header fields, without the CPU of the Redis server. Lookups in Redis run one by one, and
many in one iteration of the event loop, as under load. Every response is verified.

    python -m benchmarks.bench_cache_store [--lookups 20000]
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable
from random import Random

import uvloop

from benchmarks.processes import redis_server
from weir.gateway.clock import SystemClock
from weir.gateway.events import Event
from weir.gateway.shared_store.policy import SharedStorePolicy
from weir.gateway.shared_store.store import SharedStore
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.middleware.cache.redis.record import decode, encode
from weir.gateway.upstreams.middleware.cache.redis.store import RedisStore
from weir.gateway.upstreams.middleware.cache.store import CacheStore
from weir.gateway.upstreams.middleware.cache.stored import CacheKey, StoredResponse

BODY = b"[" + b",".join(b'{"id":%d,"title":"The Third Man"}' % n for n in range(55))
STORED = StoredResponse(
    status=200,
    headers=tuple((b"x-field-%d" % n, b"value" * 5) for n in range(10)),
    body=BODY + b"]",
    received_s=SystemClock.monotonic_s(),
    received_epoch_s=SystemClock.epoch_s(),
    initial_age_s=0.0,
    lifetime_s=3600.0,
    public=False,
    always_revalidate=False,
    stale_while_revalidate_s=0.0,
    stale_if_error_s=0.0,
    selection=(),
    tags=frozenset({"titles"}),
)


class NoEvents:
    def receiver(self, event_type: type[Event]) -> None:
        """Return no receiver."""

    def emit(self, event: Event) -> None:
        raise AssertionError(event)


class Announced(NoEvents):
    """A sink of the events of Redis, without those of lookups."""

    def emit(self, event: Event) -> None:
        print(f"# {event}", file=sys.stderr)


def key(number: int) -> CacheKey:
    return CacheKey(upstream="u", partition="", method="GET", path=f"/titles/{number}")


async def lookups(store: CacheStore, numbers: range, at_once: int) -> float:
    """Return microseconds of CPU per lookup."""
    started_s = time.process_time()
    for first in range(numbers.start, numbers.stop, at_once):
        if at_once == 1:
            found = [await store.get(key(first))]
        else:
            asked = range(first, first + at_once)
            found = await asyncio.gather(*(store.get(key(each)) for each in asked))
        assert all(one == (STORED,) for one in found)
    return (time.process_time() - started_s) / len(numbers) * 1e6


def new_store(port: int) -> tuple[SharedStore, RedisStore]:
    clock, sink = SystemClock(), Announced()
    shared = SharedStore(
        SharedStorePolicy(f"redis://127.0.0.1:{port}", timeout_s=2.0),
        clock=clock,
        rng=Random(1),  # noqa: S311 - jitter
        sink=sink,
    )
    copies = MemoryStore(256 * 1024 * 1024)
    return shared, RedisStore(shared, copies, clock=clock, sink=sink)


async def measure(count: int, port: int) -> None:
    memory = MemoryStore(256 * 1024 * 1024)
    shared, writer = new_store(port)
    await shared.start()
    started_s = time.process_time()
    for number in range(count):
        await memory.put(key(number), STORED)
        await writer.put(key(number), STORED)
        if not number % 100:
            await writer.remove(key(-1))
    show("put into memory and Redis", (time.process_time() - started_s) / count * 1e6)
    await writer.remove(key(-1))
    await shared.close()
    show("memory", await lookups(memory, range(count), 1))
    for at_once in (1, 10, 50):
        shared, reader = new_store(port)
        await shared.start()
        label = f"Redis, {at_once} at once"
        show(label, await lookups(reader, range(count), at_once))
        if at_once == 1:
            recent = range(count - 1000, count)
            show("copy of the last seconds", await lookups(reader, recent, 1))
        await shared.close()
    record = encode(STORED)
    show("of it, decoding", per_call(lambda: decode(record, SystemClock()), count))


def per_call(call: Callable[[], object], count: int) -> float:
    started_s = time.process_time()
    for _ in range(count):
        call()
    return (time.process_time() - started_s) / count * 1e6


def show(what: str, microseconds: float) -> None:
    print(f"{what:<28} {microseconds:6.1f} µs")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lookups", type=int, default=20_000)
    arguments = parser.parse_args()
    with redis_server() as port:
        uvloop.run(measure(arguments.lookups, port))
