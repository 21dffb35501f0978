"""The rate limits of an upstream: which calls count, and what the others get."""

import asyncio
import pickle
from dataclasses import replace

import pytest
from msgspec import structs

from tests.support.calls import RecordingSink, request_context, upstream_request
from tests.support.fake_clock import FakeClock
from tests.support.upstreams import Fleet, instances, response, runtime
from weir.gateway.context import Identity, RequestContext
from weir.gateway.errors import Fault
from weir.gateway.events import RateLimitRefused
from weir.gateway.limits.key import LimitKey
from weir.gateway.limits.policy import RateLimit
from weir.gateway.transport.errors import UpstreamRateLimited
from weir.gateway.transport.message import UpstreamResponse
from weir.gateway.upstreams.middleware.rate_limits import RateLimiting
from weir.gateway.upstreams.model.policy import (
    CachePolicy,
    FallbackPolicy,
    HealthPolicy,
    RetryPolicy,
    StaticResponse,
    UpstreamPolicy,
)
from weir.gateway.upstreams.registry import Registry

A = "http://a:1"
BY_SUBJECT = RateLimit(
    name="each",
    count=2,
    window_s=60,
    burst=2,
    key=LimitKey(("subject",)),
    scope="upstreams.catalog",
)
POLICY = UpstreamPolicy(
    name="catalog",
    instances=instances(A),
    health=HealthPolicy(active=False),
    retry=RetryPolicy(attempts=1, backoff_s=0.001),
    rate_limits=(BY_SUBJECT,),
)


def context_of(subject: str) -> RequestContext:
    identity = Identity(method="jwt", subject=subject)
    return structs.replace(request_context(), method="POST", identity=identity)


class Service:
    def __init__(self, policy: UpstreamPolicy = POLICY) -> None:
        self.fleet, self.clock, self.sink = Fleet(), FakeClock(), RecordingSink()
        self.registry = Registry(
            {"catalog": policy}, runtime(self.clock, self.sink), self.fleet.transport
        )

    async def call(
        self, context: RequestContext | str, path: str = "/rows", *, left_s: float = 5
    ) -> UpstreamResponse:
        if isinstance(context, str):
            context = context_of(context)
        deadline_s = self.clock.monotonic_s() + left_s
        request = upstream_request("GET", path, deadline_s=deadline_s)
        return await self.registry.upstream("catalog").call(request, context)

    async def rejected(self, context: RequestContext | str) -> UpstreamRateLimited:
        with pytest.raises(UpstreamRateLimited) as found:
            await self.call(context)
        return found.value


async def test_calls_beyond_the_limit_of_a_caller_reach_no_instance() -> None:
    service = Service()
    await service.call("ada")
    await service.call("ada")
    error = await service.rejected("ada")
    await service.call("bob")

    assert service.fleet.asked == {A: 3}
    row = type(error).row
    assert (row.code, row.status, row.fault) == (
        "UPSTREAM_RATE_LIMITED",
        429,
        Fault.CLIENT,
    )
    assert error.retry_after_s == pytest.approx(30)
    assert not error.counts_as_failure
    (refused,) = [e for e in service.sink.events if isinstance(e, RateLimitRefused)]
    assert (refused.scope, refused.limit) == ("upstreams.catalog", "each")
    assert refused.subject == "ada"
    service.clock.advance(30)
    await service.call("ada")


async def test_a_retry_does_not_count() -> None:
    service = Service()
    service.fleet.script(A, 503, 200, 503, 200)
    await service.call("ada")
    await service.call("ada")

    assert service.fleet.asked == {A: 4}
    await service.rejected("ada")


async def test_streams_count_too() -> None:
    service = Service()
    streams = service.registry.streams("catalog")
    request = upstream_request("GET", "/rows", deadline_s=5)
    for _ in range(2):
        await (await streams.open(request, context_of("ada"))).aclose()

    with pytest.raises(UpstreamRateLimited):
        await streams.open(request, context_of("ada"))
    await service.rejected("ada")


async def test_calls_of_the_gateway_itself_do_not_count() -> None:
    service = Service(
        replace(POLICY, rate_limits=(replace(BY_SUBJECT, key=LimitKey()),))
    )
    for _ in range(5):
        await service.call(request_context())
    await service.call("ada")
    await service.call("ada")

    await service.rejected("bob")
    await service.call(request_context())


async def test_a_caller_beyond_its_limit_fails_no_other_of_a_shared_call() -> None:
    service = Service()
    service.fleet.gate.clear()
    calls = [
        asyncio.create_task(service.call(each)) for each in ("ada", "ada", "ada", "bob")
    ]
    await service.fleet.started.wait()
    service.fleet.gate.set()
    found = await asyncio.gather(*calls, return_exceptions=True)

    assert service.fleet.asked == {A: 1}
    assert [isinstance(each, UpstreamRateLimited) for each in found] == [
        *(False, False, True, False)
    ]


async def test_a_cached_response_takes_no_token() -> None:
    service = Service(replace(POLICY, cache=CachePolicy(ttl_s=60)))
    for _ in range(5):
        await service.call("ada")
    await service.call("ada", "/others")

    with pytest.raises(UpstreamRateLimited):
        await service.call("ada", "/third")


async def test_a_refresh_beyond_the_limit_serves_the_stale_response() -> None:
    cache = CachePolicy(ttl_s=1, stale_while_revalidate_s=999)
    service = Service(replace(POLICY, cache=cache))
    service.fleet.script(A, response(200, A))
    await service.call("ada")
    await service.call("ada", "/others")
    service.clock.advance(2)

    assert (await service.call("ada")).status == 200
    await asyncio.sleep(0)
    assert (await service.call("ada")).status == 200
    assert service.fleet.asked == {A: 2}


async def test_a_fallback_does_not_hide_that_a_client_sends_too_much() -> None:
    static = FallbackPolicy(response=StaticResponse(body=b"{}"))
    service = Service(replace(POLICY, fallback=static))
    await service.call("ada")
    await service.call("ada")

    await service.rejected("ada")


async def test_a_call_waits_for_its_token() -> None:
    service = Service(
        replace(POLICY, rate_limits=(replace(BY_SUBJECT, window_s=0.1, wait_s=9.0),))
    )
    calls = [asyncio.create_task(service.call("ada")) for _ in range(3)]
    while service.fleet.asked[A] < 1 or not all(each.done() for each in calls):
        service.clock.advance(0.01)
        await asyncio.sleep(0.001)

    assert {each.result().status for each in calls} == {200}


async def test_a_call_does_not_wait_beyond_its_deadline_and_then_takes_no_token() -> (
    None
):
    limit = replace(BY_SUBJECT, window_s=10, wait_s=30.0)
    service = Service(replace(POLICY, rate_limits=(limit,)))
    await service.call("ada")
    await service.call("ada")
    async with asyncio.timeout(20):
        with pytest.raises(UpstreamRateLimited, match="until its time was nearly over"):
            await service.call("ada", left_s=0.05)

    (refused,) = [e for e in service.sink.events if isinstance(e, RateLimitRefused)]
    assert (refused.scope, refused.limit) == ("upstreams.catalog", "each")
    assert refused.subject == "ada"
    service.clock.advance(5)
    await service.call("ada")
    assert service.fleet.asked == {A: 3}


async def test_a_stale_response_is_served_if_the_service_allows_it() -> None:
    service = Service(replace(POLICY, cache=CachePolicy()))
    fields = ((b"cache-control", b"public, max-age=1, stale-if-error=600"),)
    answer = structs.replace(response(200, A), headers=fields)
    service.fleet.script(A, answer, answer)
    await service.call("ada")
    await service.call("ada", "/others")
    service.clock.advance(2)

    stale = await service.call("ada")

    assert (b"x-cache", b"STALE") in stale.headers
    assert service.fleet.asked == {A: 2}


@pytest.mark.parametrize("same", [True, False])
async def test_a_changed_upstream_keeps_the_state_of_limits_that_are_the_same(
    *, same: bool
) -> None:
    service = Service()
    await service.call("ada")
    await service.call("ada")
    limit = BY_SUBJECT if same else replace(BY_SUBJECT, burst=3)
    changed = replace(POLICY, coalesce=False, rate_limits=(limit,))
    service.registry = service.registry.next({"catalog": changed})

    if same:
        await service.rejected("ada")
    else:
        await service.call("ada")


def test_an_upstream_without_limits_has_no_layer() -> None:
    service = Service(replace(POLICY, rate_limits=()))

    assert not isinstance(service.registry.upstream("catalog"), RateLimiting)


@pytest.mark.parametrize("part", ["subject", "cel:identity.subject"])
def test_the_policy_can_be_sent_to_another_process(part: str) -> None:
    limit = replace(BY_SUBJECT, key=LimitKey((part,)))
    policy = replace(POLICY, rate_limits=(limit,))

    copy = pickle.loads(pickle.dumps(policy))  # noqa: S301 - of this test

    assert copy == policy
