"""What Prometheus is told of a cache is what became of its questions."""

from random import Random

from tests.support.cached import Origin, new_cache, reply
from tests.support.calls import request_context, upstream_request
from tests.support.fake_clock import FakeClock
from tests.support.redis_server import running_redis
from weir.gateway.shared_store.policy import SharedStorePolicy
from weir.gateway.shared_store.store import SharedStore
from weir.gateway.telemetry.metrics.prometheus import exposition
from weir.gateway.telemetry.metrics.sink import MetricsSink
from weir.gateway.telemetry.metrics.store import MetricsStore
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.middleware.cache.middleware import Caching
from weir.gateway.upstreams.middleware.cache.redis.store import RedisStore
from weir.gateway.upstreams.middleware.cache.store import CacheStore

GET = upstream_request("GET", "/titles/1")
RANDOM = Random(1)  # noqa: S311 - jitter


def cache(sink: MetricsSink, store: CacheStore, clock: FakeClock) -> Caching:
    return new_cache(
        Origin([reply("Cache-Control: max-age=60, stale-while-revalidate=60")]),
        store=store,
        clock=clock,
        sink=sink,
    )


def told(metrics: MetricsStore, name: str) -> set[str]:
    lines = exposition(metrics.snapshot()).decode().splitlines()
    return {line.removeprefix(name) for line in lines if line.startswith(name)}


async def test_hits_misses_and_their_rate_in_memory() -> None:
    metrics, clock = MetricsStore(), FakeClock(0.0)
    cached = cache(MetricsSink(metrics), MemoryStore(), clock)

    for _ in range(3):
        await cached.call(GET, request_context())
    clock.advance(70)
    await cached.call(GET, request_context())

    assert told(metrics, "gateway_cache_requests_total") == {
        '{cache_type="response",outcome="miss"} 1.0',
        '{cache_type="response",outcome="hit"} 2.0',
        '{cache_type="response",outcome="stale"} 1.0',
    }
    assert told(metrics, "gateway_cache_hit_rate") == {'{cache_type="response"} 0.75'}


async def test_what_redis_is_asked_is_counted_beside_what_the_cache_is() -> None:
    async with running_redis() as server:
        metrics = MetricsStore(), MetricsStore()
        sinks = [MetricsSink(each) for each in metrics]
        clock = FakeClock(0.0)
        policy = SharedStorePolicy(server.url, timeout_s=5)
        links = [
            SharedStore(policy, clock=clock, rng=RANDOM, sink=sink) for sink in sinks
        ]
        stores = [
            RedisStore(link, MemoryStore(), clock=clock, sink=sink)
            for link, sink in zip(links, sinks, strict=True)
        ]
        one, other = (
            cache(sink, store, clock) for sink, store in zip(sinks, stores, strict=True)
        )
        for link in links:
            await link.start()
        await one.call(GET, request_context())
        # Redis answers in order: now what was put is there.
        await stores[0].invalidate("catalog", "/of no interest")
        for _ in range(3):
            await other.call(GET, request_context())
        for link in links:
            await link.close()

    assert told(metrics[0], "gateway_cache_hit_rate") == {
        '{cache_type="redis"} 0.0',
        '{cache_type="response"} 0.0',
    }
    assert told(metrics[1], "gateway_cache_requests_total") == {
        '{cache_type="redis",outcome="hit"} 1.0',
        '{cache_type="response",outcome="hit"} 3.0',
    }
    assert told(metrics[1], "gateway_cache_hit_rate") == {
        '{cache_type="redis"} 1.0',
        '{cache_type="response"} 1.0',
    }
