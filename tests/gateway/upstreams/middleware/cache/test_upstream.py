"""The cache as the outermost part of a stack."""

from dataclasses import replace

from tests.support.calls import RecordingSink, request_context, upstream_request
from tests.support.fake_clock import FakeClock
from tests.support.upstreams import Fleet, instances, response, runtime
from weir.gateway.events import CacheUsed
from weir.gateway.headers import header
from weir.gateway.transport.errors import UpstreamConnectFailed
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.model.policy import (
    CachePolicy,
    HealthPolicy,
    UpstreamPolicy,
)
from weir.gateway.upstreams.registry import Registry

A = "http://a:1"
POLICY = UpstreamPolicy(
    name="catalog",
    instances=instances(A),
    health=HealthPolicy(active=False),
    cache=CachePolicy(ttl_s=60, stale_if_error_s=600),
)


async def ask(registry: Registry) -> str:
    request = upstream_request("POST", "/graphql", body=b"{a}")
    answer = await registry.upstream("catalog").call(request, request_context())
    return (header(answer.headers, b"x-cache") or b"").decode()


async def test_with_no_instance_left_a_stale_answer_is_given_where_allowed() -> None:
    fleet, clock, sink = Fleet(), FakeClock(), RecordingSink()
    fleet.script(A, response(body=b'{"data":{}}'), *[UpstreamConnectFailed()] * 9)
    registry = Registry({"catalog": POLICY}, runtime(clock, sink), fleet.transport)

    told = [await ask(registry), await ask(registry)]
    clock.advance(61)
    told += [await ask(registry), await ask(registry)]

    assert told == ["MISS", "HIT", "STALE", "STALE"]
    lookups = [event for event in sink.events if isinstance(event, CacheUsed)]
    assert all(each.trace and each.parent_id for each in lookups)
    assert all(each.started_s <= each.ended_s for each in lookups)
    used = [event.outcome for event in lookups]
    assert used == ["miss", "hit", "stale", "stale"]
    state = registry.snapshot()[0].cache
    assert state is not None
    assert state.counts == {"miss": 1, "hit": 1, "stale": 2}


async def test_what_is_cached_outlives_a_generation_and_ends_with_a_purge() -> None:
    registry = Registry({"catalog": POLICY}, runtime(), Fleet().transport)
    await ask(registry)

    changed = registry.next({"catalog": replace(POLICY, balancing="random")})
    await registry.close()

    assert await ask(changed) == "HIT"
    assert await changed.purge_cache(Purge(upstream="catalog")) == 1
    assert await ask(changed) == "MISS"


async def test_without_a_cache_policy_there_is_no_cache() -> None:
    policy = replace(POLICY, cache=None)
    registry = Registry({"catalog": policy}, runtime(), Fleet().transport)

    assert [await ask(registry), await ask(registry)] == ["", ""]
    assert registry.snapshot()[0].cache is None
