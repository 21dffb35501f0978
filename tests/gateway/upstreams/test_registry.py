"""What two generations share, what a new one replaces, and who closes what."""

import asyncio
from dataclasses import fields, replace
from typing import Any

import pytest
from msgspec import structs

from tests.support.calls import RecordingSink, request_context, upstream_request
from tests.support.conditions import until
from tests.support.fake_clock import FakeClock
from tests.support.upstreams import Fleet, instances, runtime
from weir.gateway.clock import Clock
from weir.gateway.discovery.policy import InstanceSpec
from weir.gateway.events import HealthEndpointMissing
from weir.gateway.limits.adaptive.health import ServiceHealth
from weir.gateway.transport.errors import UpstreamConnectFailed, UpstreamError
from weir.gateway.transport.policy import ConnectionPolicy, TlsPolicy, TransportPolicy
from weir.gateway.transport.transport import Transport
from weir.gateway.upstreams.middleware.breaker.breaker import BreakerState
from weir.gateway.upstreams.model.policy import (
    BreakerPolicy,
    HealthPolicy,
    UpstreamPolicy,
)
from weir.gateway.upstreams.registry import Registry

A, B, C = "http://a:1", "http://b:1", "http://c:1"
CATALOG = UpstreamPolicy(name="catalog", instances=instances(A, B))
USERS = UpstreamPolicy(name="users", instances=instances(C))


async def break_open(registry: Registry) -> None:
    for _ in range(CATALOG.breaker.failures):
        with pytest.raises(UpstreamError):
            await registry.upstream("catalog").call(
                upstream_request(), request_context()
            )


def all_down() -> Fleet:
    fleet = Fleet()
    for url in (A, B):
        fleet.script(url, *[UpstreamConnectFailed() for _ in range(99)])
    return fleet


async def test_an_unchanged_upstream_is_the_same_in_both_generations() -> None:
    fleet = Fleet()
    first = Registry({"catalog": CATALOG, "users": USERS}, runtime(), fleet.transport)

    second = first.next({"catalog": CATALOG})
    await first.close()
    await first.close()

    assert second.upstream("catalog") is first.upstream("catalog")
    assert fleet.closed == [C]
    await second.close()
    assert sorted(fleet.closed) == [A, B, C]


async def test_a_generation_that_never_served_closes_only_what_it_brought() -> None:
    fleet = Fleet()
    first = Registry({"catalog": CATALOG}, runtime(), fleet.transport)

    second = first.next({"catalog": CATALOG, "users": USERS})
    await second.close()

    assert fleet.closed == [C]


async def test_a_registry_that_cannot_be_made_shares_nothing() -> None:
    fleet = Fleet()

    def transport(url: str, policy: TransportPolicy, clock: Clock) -> Transport:
        if url == C:
            raise FileNotFoundError
        return fleet.transport(url, policy, clock)

    same = replace(CATALOG, name="same")
    first = Registry({"same": same, "catalog": CATALOG}, runtime(), transport)
    changed = replace(CATALOG, balancing="power_of_two")
    with pytest.raises(FileNotFoundError):
        first.next({"same": same, "catalog": changed, "users": USERS})
    await first.close()

    assert sorted(fleet.closed) == [A, A, B, B]


async def test_a_cancelled_close_lets_all_upstreams_go() -> None:
    fleet = Fleet()
    registry = Registry(
        {"catalog": CATALOG, "users": USERS}, runtime(), fleet.transport
    )
    registry.start()

    closing = asyncio.create_task(registry.close())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.gather(closing, return_exceptions=True)
    await registry.close()

    assert sorted(fleet.closed) == [A, B, C]


async def test_instances_live_on_in_a_changed_upstream() -> None:
    fleet = all_down()
    first = Registry({"catalog": CATALOG}, runtime(), fleet.transport)
    await break_open(first)
    changed = replace(
        CATALOG, balancing="power_of_two", instances=(InstanceSpec(A, 5), *instances(C))
    )

    second = first.next({"catalog": changed})
    await first.close()

    kept, added = second.snapshot()[0].endpoints
    assert (kept.url, kept.weight, kept.health) == (A, 5, "unhealthy")
    assert (added.url, added.health) == (C, "healthy")
    assert second.snapshot()[0].breaker.state == "open"
    assert fleet.closed == [B]


TRANSPORT_CHANGES: dict[str, Any] = {
    "kind": "http2",
    "proxy": "http://127.0.0.1:3128",
    "connect_s": 7.0,
    "idle_s": 7.0,
    "connections": ConnectionPolicy(max_open=7),
    "tls": TlsPolicy(server_name="catalog.example"),
    "max_header_bytes": 7,
    "max_response_bytes": 7,
    "accept_encoding": ("br",),
}


def test_each_setting_of_a_transport_is_tried_below() -> None:
    assert TRANSPORT_CHANGES.keys() == {each.name for each in fields(TransportPolicy)}


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(
            replace(CATALOG, health=HealthPolicy(passive_failures=7)), id="health"
        ),
        *(
            pytest.param(
                replace(CATALOG, transport=TransportPolicy(**{name: value})), id=name
            )
            for name, value in TRANSPORT_CHANGES.items()
        ),
    ],
)
async def test_instances_begin_anew_where_their_own_policy_changed(
    changed: UpstreamPolicy,
) -> None:
    fleet = all_down()
    first = Registry({"catalog": CATALOG}, runtime(), fleet.transport)
    await break_open(first)

    second = first.next({"catalog": changed})
    await first.close()

    assert {one.health for one in second.snapshot()[0].endpoints} == {"healthy"}
    assert sorted(fleet.closed) == [A, B]


async def test_a_breaker_begins_anew_where_its_policy_changed_or_when_reset() -> None:
    fleet = all_down()
    policy = replace(CATALOG, breaker=BreakerPolicy(failures=2))
    registry = Registry({"catalog": policy}, runtime(), fleet.transport)
    await break_open(registry)
    assert registry.snapshot()[0].breaker.state == "open"
    assert not registry.snapshot()[0].available

    second = registry.next({"catalog": CATALOG})
    assert second.snapshot()[0].breaker.state == "closed"
    registry.reset_breaker("catalog")
    assert registry.snapshot()[0].breaker.state == "closed"


async def test_health_checks_begin_once_and_end_with_the_last_user() -> None:
    fleet = Fleet()
    policy = replace(CATALOG, health=HealthPolicy(recheck_s=0.001, interval_s=60.0))
    first = Registry({"catalog": policy}, runtime(), fleet.transport)
    first.start()
    second = first.next({"catalog": replace(policy, balancing="power_of_two")})
    second.start()
    await first.close()

    await asyncio.sleep(0.05)
    assert fleet.asked == {A: 1, B: 1}
    await second.close()
    assert len(asyncio.all_tasks()) == 1


async def test_health_can_be_checked_on_demand() -> None:
    fleet = Fleet()
    registry = Registry({"catalog": CATALOG}, runtime(), fleet.transport)
    fleet.script(A, 500, 500)

    await registry.check_health("catalog")
    found = await registry.check_health("catalog")

    assert [one.health for one in found.endpoints] == ["unhealthy", "healthy"]
    assert found.endpoints[0].last_failure == (
        "health check: status 500, expected less than 500"
    )


async def test_any_of_the_statuses_of_the_policy_passes_a_check() -> None:
    fleet = Fleet()
    health = HealthPolicy(statuses=(204, 401), unhealthy_after=1)
    policy = replace(CATALOG, health=health)
    registry = Registry({"catalog": policy}, runtime(), fleet.transport)
    fleet.script(A, 401)

    found = await registry.check_health("catalog")

    assert [one.health for one in found.endpoints] == ["healthy", "unhealthy"]
    assert found.endpoints[1].last_failure.endswith("status 200, expected 204 or 401")


async def test_who_is_not_ejected_for_others_sake_is_checked_soon() -> None:
    fleet = Fleet()
    policy = replace(
        CATALOG,
        breaker=BreakerPolicy(failures=9999, failed_share=1.0),
        health=HealthPolicy(recheck_s=0.02, interval_s=60.0),
    )
    registry = Registry({"catalog": policy}, runtime(), fleet.transport)
    registry.start()
    await asyncio.sleep(0.05)
    assert fleet.asked == {A: 1, B: 1}, "checked, and well"

    for url in (A, B):
        fleet.script(url, *[500] * 999)
    for _ in range(8):
        await registry.upstream("catalog").call(upstream_request(), request_context())
    standings = {one.health for one in registry.snapshot()[0].endpoints}
    await asyncio.sleep(0.1)

    assert standings == {"ejected", "healthy"}
    assert {one.health for one in registry.snapshot()[0].endpoints} == {"unhealthy"}
    await registry.close()


@pytest.mark.parametrize(("count", "ejected"), [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2)])
async def test_bad_responses_eject_at_most_half_of_the_instances(
    count: int, ejected: int
) -> None:
    fleet = Fleet()
    urls = [f"http://{n}:1" for n in range(count)]
    for url in urls:
        fleet.script(url, *[500] * 999)
    policy = UpstreamPolicy(
        name="catalog",
        instances=instances(*urls),
        breaker=BreakerPolicy(failures=9999, failed_share=1.0),
    )
    registry = Registry({"catalog": policy}, runtime(FakeClock()), fleet.transport)
    for _ in range(40):
        await registry.upstream("catalog").call(upstream_request(), request_context())

    standings = [one.health for one in registry.snapshot()[0].endpoints]
    assert standings.count("ejected") == ejected


async def test_recovery_seen_by_a_check_lets_an_open_breaker_probe() -> None:
    fleet = all_down()
    policy = replace(
        CATALOG,
        breaker=BreakerPolicy(failures=2),
        health=HealthPolicy(recheck_s=0.01),
    )
    registry = Registry({"catalog": policy}, runtime(), fleet.transport)
    await break_open(registry)
    registry.start()
    assert registry.snapshot()[0].breaker.state == "open"

    fleet.scripts.clear()
    await asyncio.sleep(0.1)
    answer = await registry.upstream("catalog").call(
        upstream_request(), request_context()
    )

    assert answer.status == 200
    await registry.close()


async def test_a_bug_in_one_health_check_does_not_end_the_next(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fleet = Fleet()
    fleet.script(A, RuntimeError("a bug"))
    policy = replace(CATALOG, health=HealthPolicy(recheck_s=0.001, interval_s=0.001))
    registry = Registry({"catalog": policy}, runtime(), fleet.transport)
    registry.start()

    await until(lambda: fleet.asked[A] > 1)

    assert [record.getMessage() for record in caplog.records] == [
        f"A health check of {A} failed."
    ]
    await registry.close()


async def test_a_missing_health_endpoint_is_reported_once_and_ejects_nothing() -> None:
    fleet, sink = Fleet(), RecordingSink()
    policy = replace(CATALOG, health=HealthPolicy(unhealthy_after=1))
    registry = Registry({"catalog": policy}, runtime(sink=sink), fleet.transport)
    fleet.script(A, 404, 404, 404)

    for _ in range(2):
        await registry.check_health("catalog")
    found = await registry.check_health("catalog")

    assert [one.health for one in found.endpoints] == ["healthy", "healthy"]
    missing = [each for each in sink.events if isinstance(each, HealthEndpointMissing)]
    assert missing == [
        HealthEndpointMissing(upstream="catalog", url=f"{A}/health", status=404)
    ]


async def test_the_health_of_a_service_has_its_calls_breaker_and_latency() -> None:
    fleet, clock = Fleet(), FakeClock()
    registry = Registry({"catalog": CATALOG}, runtime(clock), fleet.transport)
    before_s = clock.now_s
    assert registry.service_health("catalog", before_s, before_s) == ServiceHealth()

    fleet.gate.clear()
    call = registry.upstream("catalog").call(upstream_request(), request_context())
    waiting = asyncio.create_task(call)
    await fleet.started.wait()
    clock.advance(0.25)
    fleet.gate.set()
    await waiting
    now_s = clock.now_s
    found = registry.service_health("catalog", before_s, now_s)
    assert found == ServiceHealth(calls=1, latency_s=0.25)
    assert registry.service_health("catalog", now_s, now_s).latency_s is None
    assert registry.service_health("catalog", now_s, now_s + 60) == ServiceHealth()

    registry.force_breaker("catalog", BreakerState.OPEN)
    assert registry.service_health("catalog", now_s, now_s).breaker == "open"


async def test_failed_calls_count_unless_they_are_of_one_client_alone() -> None:
    clock = FakeClock()
    policy = replace(CATALOG, breaker=BreakerPolicy(failures=10))
    registry = Registry({"catalog": policy}, runtime(clock), all_down().transport)
    await break_open(registry)
    health = registry.service_health("catalog", 0, clock.now_s)
    assert health == ServiceHealth()

    for name in "abcd":
        context = structs.replace(request_context(), client=name)
        with pytest.raises(UpstreamError):
            await registry.upstream("catalog").call(upstream_request(), context)
    health = registry.service_health("catalog", 0, clock.now_s)
    assert health.calls == health.failed > 0
