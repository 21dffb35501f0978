"""An upstream whose instances are found: they come, go, and are not forgotten."""

import asyncio
import time
from dataclasses import replace
from errno import ENOENT

import pytest
from msgspec import structs

from tests.support.calls import request_context, upstream_request
from tests.support.upstreams import Fleet, instances, runtime
from weir.gateway.clock import Clock
from weir.gateway.discovery.discovery import Discovered
from weir.gateway.discovery.errors import NoResponse
from weir.gateway.discovery.policy import DnsPolicy, DnsRecords
from weir.gateway.transport.errors import UpstreamUnavailable
from weir.gateway.transport.policy import TlsPolicy, TransportPolicy
from weir.gateway.transport.transport import Transport
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
    discovery=DnsPolicy(name="catalog.example"),
    health=HealthPolicy(active=False),
)


class Script:
    """Finds what the test says, as often as it says so."""

    def __init__(self, *looks: Discovered | Exception) -> None:
        self.looks = list(looks)
        self.made = 0

    async def discover(self) -> Discovered:
        self.made += 1
        await asyncio.sleep(0.01)
        look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(look, Exception):
            raise look
        return look


def found(*urls: str, ttl_s: float = 0.0) -> Discovered:
    return Discovered(instances(*urls), ttl_s)


def registry(
    script: Script, fleet: Fleet | None = None, policy: UpstreamPolicy = POLICY
) -> Registry:
    transports = (fleet or Fleet()).transport
    return Registry({"catalog": policy}, runtime(), transports, lambda _: script)


async def ask(running: Registry, deadline_s: float = 1.0, operation: str = "") -> str:
    request = upstream_request(deadline_s=time.monotonic() + deadline_s)
    request = structs.replace(request, operation=operation)
    upstream = running.upstream("catalog")
    return (await upstream.call(request, request_context())).instance


def urls(running: Registry) -> list[str]:
    return [endpoint.url for endpoint in running.snapshot()[0].endpoints]


async def until(running: Registry, *expected: str) -> None:
    async with asyncio.timeout(5):
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
        discovery=DnsPolicy(name="catalog.example", records=records),
        transport=TransportPolicy(tls=TlsPolicy(server_name=configured)),
    )
    script = Script(found(A, ttl_s=60))
    running = Registry({"catalog": policy}, runtime(), transport, lambda _: script)

    await ask(running)

    assert names == [expected]
    await running.close()


async def test_the_first_call_waits_for_the_first_look() -> None:
    running = registry(Script(found(A, B, ttl_s=60)))

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
    running = registry(Script(found(A, B), found(B, C, ttl_s=60)), fleet)
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

    script = Script(found(A), found(B, C, ttl_s=60))
    running = Registry({"catalog": POLICY}, runtime(), transport, lambda _: script)
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

    script = Script(found(A, ttl_s=60))
    running = Registry({"catalog": POLICY}, runtime(), transport, lambda _: script)

    with pytest.raises(UpstreamUnavailable, match=r"cannot be used.*ca\.pem"):
        async with asyncio.timeout(20):
            await ask(running, deadline_s=10)

    await running.close()


async def test_a_bug_in_one_lookup_does_not_end_the_next(
    caplog: pytest.LogCaptureFixture,
) -> None:
    running = registry(Script(found(A), RuntimeError("a bug"), found(B, ttl_s=60)))
    running.start()

    await until(running, B)

    assert "A lookup of instances failed." in caplog.text
    await running.close()


async def test_what_was_found_last_is_kept_while_nothing_can_be_found() -> None:
    script = Script(found(A), NoResponse("gone"), found(), found(A, B, ttl_s=60))
    running = registry(script)
    running.start()
    await until(running, A)

    while script.made < 3:
        assert await ask(running) == A
        await asyncio.sleep(0.02)
    assert urls(running) == [A]
    await until(running, A, B)
    await running.close()


async def test_the_next_generation_begins_with_what_the_last_one_found() -> None:
    first = registry(Script(found(A, ttl_s=60)))
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
    running = registry(Script(found(A), found(B, C, ttl_s=60)), policy=policy)
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
