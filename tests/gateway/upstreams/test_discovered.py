"""An upstream whose instances are found: they come, go, and are not forgotten."""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from errno import ENOENT

import pytest
from msgspec import structs

from tests.support.calls import RecordingSink, request_context, upstream_request
from tests.support.fake_clock import FakeClock
from tests.support.upstreams import Fleet, instances, runtime
from weir.gateway.clock import Clock
from weir.gateway.discovery.errors import NoResponse
from weir.gateway.discovery.policy import DiscoveryPolicy, DnsPolicy, DnsRecords
from weir.gateway.events import DiscoveryChanged, EventSink
from weir.gateway.transport.errors import UpstreamUnavailable
from weir.gateway.transport.policy import TlsPolicy, TransportPolicy
from weir.gateway.transport.transport import Transport
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.instances import removal, watch
from weir.gateway.upstreams.instances.removal import Specs
from weir.gateway.upstreams.instances.staleness import DiscoverySnapshot
from weir.gateway.upstreams.model.policy import (
    FallbackPolicy,
    HealthPolicy,
    OperationPolicy,
    StaticResponse,
    UpstreamPolicy,
)
from weir.gateway.upstreams.registry import Registry

A, B, C = "http://a:1", "http://b:1", "http://c:1"
POLICY = UpstreamPolicy(
    name="catalog",
    discovery=DiscoveryPolicy(DnsPolicy(name="catalog.example")),
    health=HealthPolicy(active=False),
)


class Script:
    """Finds what the test says; after the last one, nothing changes."""

    def __init__(self, *looks: Specs | Exception) -> None:
        self.looks = list(looks)
        self.made = 0

    async def changes(self) -> AsyncGenerator[Specs, None]:
        while True:
            self.made += 1
            await asyncio.sleep(0.01)
            look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
            if isinstance(look, Exception):
                raise look
            yield look
            if look is self.looks[0]:
                await asyncio.Event().wait()


def found(*urls: str) -> Specs:
    return instances(*urls)


def found_by(
    script: Script, clock: Clock | None = None, sink: EventSink | None = None
) -> Dependencies:
    return runtime(clock, sink, lambda *_: script)


def registry(
    script: Script, fleet: Fleet | None = None, policy: UpstreamPolicy = POLICY
) -> Registry:
    transports = (fleet or Fleet()).transport
    return Registry({"catalog": policy}, found_by(script), transports)


async def ask(running: Registry, deadline_s: float = 1.0, operation: str = "") -> str:
    request = upstream_request(deadline_s=time.monotonic() + deadline_s)
    request = structs.replace(request, operation=operation)
    upstream = running.upstream("catalog")
    return (await upstream.call(request, request_context())).instance


def urls(running: Registry) -> list[str]:
    return [endpoint.url for endpoint in running.snapshot()[0].endpoints]


def discovery(running: Registry) -> DiscoverySnapshot:
    found = running.snapshot()[0].discovery
    assert found is not None
    return found


async def until_stale(running: Registry, reason: str) -> DiscoverySnapshot:
    async with asyncio.timeout(30):
        while discovery(running).reason != reason:  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.01)
    return discovery(running)


async def until(running: Registry, *expected: str) -> None:
    async with asyncio.timeout(30):
        while urls(running) != list(expected):  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("records", "configured", "expected"),
    [
        ("address", "", "catalog.example"),
        ("address", "other.example", "other.example"),
        ("srv", "", ""),
    ],
)
async def test_certificates_must_have_the_name_whose_addresses_were_found(
    records: DnsRecords, configured: str, expected: str
) -> None:
    names: list[str] = []

    def transport(url: str, policy: TransportPolicy, clock: Clock) -> Transport:
        names.append(policy.tls.server_name)
        return Fleet().transport(url, policy, clock)

    policy = replace(
        POLICY,
        discovery=DiscoveryPolicy(DnsPolicy(name="catalog.example", records=records)),
        transport=TransportPolicy(tls=TlsPolicy(server_name=configured)),
    )
    script = Script(found(A))
    running = Registry({"catalog": policy}, found_by(script), transport)

    await ask(running)

    assert names == [expected]
    await running.close()


async def test_the_first_call_waits_for_the_first_look() -> None:
    running = registry(Script(found(A, B)))

    assert {await ask(running), await ask(running)} == {A, B}
    await running.close()


async def test_a_first_look_that_fails_says_why_without_waiting_longer() -> None:
    running = registry(Script(NoResponse("no DNS server responded")))

    with pytest.raises(UpstreamUnavailable, match="no DNS server"):
        async with asyncio.timeout(20):
            await ask(running)

    await running.close()


async def test_instances_that_come_are_asked_and_those_that_go_are_closed() -> None:
    fleet = Fleet()
    running = registry(Script(found(A, B), found(B, C)), fleet)
    running.start()

    await until(running, A, B)
    await until(running, B, C)

    assert {await ask(running), await ask(running)} == {B, C}
    assert fleet.closed == [A]
    await running.close()
    assert sorted(fleet.closed) == [A, B, C]


async def test_an_instance_that_cannot_be_used_yet_is_tried_again() -> None:
    fleet, failures = Fleet(), [OSError("the certificate is not complete")]

    def transport(url: str, policy: TransportPolicy, clock: Clock) -> Transport:
        if url == C and failures:
            raise failures.pop()
        return fleet.transport(url, policy, clock)

    script = Script(found(A), found(B, C))
    running = Registry({"catalog": POLICY}, found_by(script), transport)
    running.start()
    await until(running, A)

    await until(running, B, C)

    assert (script.made, failures, fleet.closed) == (3, [], [A])
    await running.close()
    assert sorted(fleet.closed) == [A, B, C]


async def test_a_first_instance_that_cannot_be_used_is_an_error_with_the_reason() -> (
    None
):
    def transport(url: str, policy: TransportPolicy, clock: Clock) -> Transport:
        del url, policy, clock
        raise OSError(ENOENT, "No such file", "ca.pem")

    script = Script(found(A))
    running = Registry({"catalog": POLICY}, found_by(script), transport)

    with pytest.raises(UpstreamUnavailable, match=r"cannot be used.*ca\.pem"):
        async with asyncio.timeout(20):
            await ask(running, deadline_s=10)

    await running.close()


async def test_a_bug_in_one_lookup_does_not_end_the_next(
    caplog: pytest.LogCaptureFixture,
) -> None:
    running = registry(Script(found(A), RuntimeError("a bug"), found(B)))
    running.start()

    await until(running, B)

    assert "A lookup of instances failed." in caplog.text
    await running.close()


async def test_what_was_found_last_is_kept_while_nothing_can_be_found() -> None:
    script = Script(found(A), NoResponse("gone"), found(), found(A, B))
    running = registry(script)
    running.start()
    await until(running, A)

    while script.made < 3:
        assert await ask(running) == A
        await asyncio.sleep(0.02)
    assert urls(running) == [A]
    await until(running, A, B)
    await running.close()


async def test_instances_are_stale_while_their_source_fails_or_has_none() -> None:
    sink = RecordingSink()
    script = Script(found(A), NoResponse("no response"), found(), found(A, B))
    running = Registry(
        {"catalog": POLICY}, found_by(script, sink=sink), Fleet().transport
    )
    running.start()
    await until(running, A)

    failed = await until_stale(running, "no response")
    assert (failed.source, failed.stale) == ("dns", True)
    empty = await until_stale(running, "the source has no instances")
    assert empty.stale_for_s > failed.stale_for_s
    await until(running, A, B)

    fresh = DiscoverySnapshot(source="dns", stale=False, stale_for_s=0.0, reason="")
    assert discovery(running) == fresh
    changes = [each for each in sink.events if isinstance(each, DiscoveryChanged)]
    assert [(each.stale, each.reason) for each in changes] == [
        (True, "no response"),
        (False, ""),
    ]
    await running.close()


async def test_most_instances_remain_until_their_removal_is_confirmed() -> None:
    clock = FakeClock()
    everything = [f"http://10.0.0.{number}" for number in range(1, 9)]
    script = Script(found(*everything), found(A))
    running = Registry({"catalog": POLICY}, found_by(script, clock), Fleet().transport)
    running.start()

    await until(running, A, *everything[:3])

    assert discovery(running).reason == (
        "3 instances remain, because too many were removed at once"
    )
    await running.close()


async def test_a_removal_is_confirmed_by_the_source_until_all_are_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(removal, "INTERVAL_S", 0.05)
    monkeypatch.setattr(watch, "INTERVAL_S", 0.05)
    everything = [f"http://10.0.0.{number}" for number in range(1, 9)]
    script = Script(found(*everything), found(A))
    running = registry(script)
    running.start()

    await until(running, A)

    assert script.made > 2
    assert not discovery(running).stale
    await running.close()


async def test_the_next_generation_begins_with_what_the_last_one_found() -> None:
    first = registry(Script(found(A)))
    assert await ask(first) == A

    changed = replace(POLICY, balancing="random")
    second = first.next({"catalog": changed})
    await first.close()

    assert await ask(second) == A
    await second.close()


async def test_a_call_that_cannot_wait_for_the_first_look_ends_in_time() -> None:
    running = registry(Script(found(A)))

    with pytest.raises(UpstreamUnavailable, match="in time"):
        await ask(running, deadline_s=0.001)
    await running.close()


async def test_what_is_found_is_there_for_operations_that_are_balanced_otherwise() -> (
    None
):
    search = OperationPolicy(name="Search", attempt_s=1.0)
    policy = replace(POLICY, operations=(search,))
    running = registry(Script(found(A), found(B, C)), policy=policy)
    running.start()
    await until(running, B, C)

    for operation in ("Search", ""):
        asked = {await ask(running, operation=operation) for _ in range(4)}
        assert asked == {B, C}
    await running.close()


async def test_the_fallback_is_used_while_no_instance_is_found() -> None:
    script = Script(NoResponse("no name server responds"))
    fallback = FallbackPolicy(response=StaticResponse(status=204))
    running = registry(script, policy=replace(POLICY, fallback=fallback))
    request = upstream_request(deadline_s=time.monotonic() + 1.0)

    response = await running.upstream("catalog").call(request, request_context())

    assert response.status == 204
    await running.close()
