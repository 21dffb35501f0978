"""Streams through the stack, over real sockets: limited, judged, and let go of."""

import asyncio
import socket
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest
from msgspec import structs

from tests.support.calls import RecordingSink, request_context, upstream_request
from tests.support.stream_services import StreamService, http1_service, http2_service
from tests.support.upstreams import Fleet, instances, runtime
from weir.gateway.discovery.policy import DiscoveryPolicy, DnsPolicy, InstanceSpec
from weir.gateway.events import AttemptFinished, BreakerChanged, StreamPassed
from weir.gateway.transport.errors import (
    CircuitOpen,
    UpstreamConnectFailed,
    UpstreamConnectionLost,
    UpstreamOverloaded,
    UpstreamTimeout,
)
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.model.policy import (
    BreakerPolicy,
    ConcurrencyPolicy,
    HealthPolicy,
    RetryPolicy,
    TimeoutPolicy,
    UpstreamPolicy,
)
from weir.gateway.upstreams.registry import Registry

POLICY = UpstreamPolicy(
    name="files",
    health=HealthPolicy(active=False),
    timeout=TimeoutPolicy(attempt_s=0.3),
    transport=TransportPolicy(connect_s=0.5, idle_s=5.0),
)


class Gateway:
    def __init__(self, policy: UpstreamPolicy, *urls: str) -> None:
        self.sink = RecordingSink()
        policy = replace(policy, instances=instances(*urls))
        self.registry = Registry({"files": policy}, runtime(sink=self.sink))
        self.streams = self.registry.streams("files")

    async def open(
        self,
        path: str,
        body: AsyncIterator[bytes] | None = None,
        *,
        safe: bool = False,
    ) -> ResponseStream:
        request = upstream_request("POST" if body else "GET", path, safe=safe)
        return await self.streams.open(request, request_context(), body)

    @property
    def in_flight(self) -> list[int]:
        (service,) = self.registry.snapshot()
        return [each.in_flight for each in service.endpoints]


@pytest.fixture(params=["http1", "http2"])
def policy(request: pytest.FixtureRequest) -> UpstreamPolicy:
    transport = replace(POLICY.transport, kind=request.param)
    return replace(POLICY, transport=transport)


@pytest.fixture
async def service(policy: UpstreamPolicy) -> AsyncIterator[StreamService]:
    new = http1_service if policy.transport.kind == "http1" else http2_service
    async with new() as running:
        yield running


def unused_url() -> str:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


async def test_a_stream_comes_through_as_it_is_sent(
    service: StreamService, policy: UpstreamPolicy
) -> None:
    gateway = Gateway(policy, service.url)
    async with aclosing(await gateway.open("/events")) as stream:
        assert stream.status == 200
        assert await anext(aiter(stream)) == b"one"
        assert gateway.in_flight == [1]
    assert gateway.in_flight == [0]
    await gateway.registry.close()


async def test_a_slow_consumer_holds_up_the_service(
    service: StreamService, policy: UpstreamPolicy
) -> None:
    gateway = Gateway(policy, service.url)
    async with aclosing(await gateway.open("/flood")) as stream:
        await asyncio.sleep(0.3)
        held_up_at = service.sent
        await asyncio.sleep(0.1)
        assert service.sent == held_up_at

        taken = 0
        async for part in stream:
            taken += len(part)
            if taken > held_up_at + 1024 * 1024:
                break
        assert service.sent > held_up_at
    await gateway.registry.close()


async def test_who_leaves_ends_the_stream_at_the_service_and_frees_its_place(
    service: StreamService, policy: UpstreamPolicy
) -> None:
    gateway = Gateway(
        replace(policy, concurrency=ConcurrencyPolicy(max_in_flight=1, max_waiting=0)),
        service.url,
    )
    stream = await gateway.open("/events")
    with pytest.raises(UpstreamOverloaded):
        await gateway.open("/events")
    await stream.aclose()
    await stream.aclose()

    await asyncio.wait_for(service.left.wait(), 30)
    async with aclosing(await gateway.open("/events")) as second:
        assert second.status == 200
        with pytest.raises(UpstreamOverloaded):
            await gateway.open("/events")
    await gateway.registry.close()


async def test_calls_and_streams_share_the_places_in_flight(
    service: StreamService, policy: UpstreamPolicy
) -> None:
    limited = ConcurrencyPolicy(max_in_flight=1, max_waiting=0)
    gateway = Gateway(replace(policy, concurrency=limited), service.url)
    async with aclosing(await gateway.open("/events")):
        with pytest.raises(UpstreamOverloaded):
            await gateway.registry.upstream("files").call(
                upstream_request(), request_context()
            )
    await gateway.registry.close()


async def test_a_stream_given_up_before_its_head_leaves_nothing_behind(
    service: StreamService, policy: UpstreamPolicy
) -> None:
    limited = ConcurrencyPolicy(max_in_flight=1, max_waiting=0)
    patient = replace(policy, timeout=TimeoutPolicy(attempt_s=5.0))
    gateway = Gateway(replace(patient, concurrency=limited), service.url)
    opening = asyncio.create_task(gateway.open("/hang"))
    await service.asked.wait()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening

    await asyncio.wait_for(service.left.wait(), 30)
    assert gateway.in_flight == [0]
    async with aclosing(await gateway.open("/events")):
        pass
    await gateway.registry.close()


async def test_no_head_within_the_attempts_time_is_a_timeout(
    service: StreamService, policy: UpstreamPolicy
) -> None:
    gateway = Gateway(policy, service.url)
    started_s = time.monotonic()

    with pytest.raises(UpstreamTimeout):
        await gateway.open("/hang")

    assert time.monotonic() - started_s < 10
    assert gateway.in_flight == [0]
    await gateway.registry.close()


async def test_the_breaker_goes_by_the_head(
    service: StreamService, policy: UpstreamPolicy
) -> None:
    gateway = Gateway(replace(policy, breaker=BreakerPolicy(failures=2)), service.url)
    for _ in range(2):
        async with aclosing(await gateway.open("/500")) as stream:
            assert stream.status == 500

    with pytest.raises(CircuitOpen):
        await gateway.open("/events")
    assert [type(each) for each in gateway.sink.events].count(BreakerChanged) == 1
    await gateway.registry.close()


async def test_what_was_not_sent_is_asked_of_another_instance(
    service: StreamService, policy: UpstreamPolicy
) -> None:
    async def upload() -> AsyncIterator[bytes]:
        yield b"whole"

    gateway = Gateway(policy, unused_url(), service.url)
    async with aclosing(await gateway.open("/upload", upload())) as stream:
        assert [part async for part in stream] == []

    assert service.uploaded == b"whole"
    attempts = [each for each in gateway.sink.events if type(each) is AttemptFinished]
    assert [each.attempt for each in attempts] == [1, 2]
    assert [each.outcome for each in attempts] == ["UPSTREAM_CONNECT_FAILED", "ok"]
    await gateway.registry.close()


@pytest.mark.parametrize(("safe", "times"), [(False, 1), (True, 2)])
async def test_a_request_that_was_sent_is_repeated_only_if_it_is_safe(
    service: StreamService, policy: UpstreamPolicy, *, safe: bool, times: int
) -> None:
    # In a second, a busy machine has opened a connection and sent the request.
    once = replace(
        policy,
        retry=RetryPolicy(attempts=1),
        timeout=TimeoutPolicy(attempt_s=1.0),
        transport=replace(policy.transport, connect_s=5.0),
    )
    gateway = Gateway(once, service.url, service.url.replace("127.0.0.1", "127.1"))

    with pytest.raises(UpstreamTimeout):
        await gateway.open("/hang", safe=safe)

    assert service.times_asked == times
    await gateway.registry.close()


async def test_a_safe_request_is_repeated_for_a_status_of_the_policy(
    service: StreamService, policy: UpstreamPolicy
) -> None:
    # In a second, a busy machine has opened a connection and sent the request.
    once = replace(
        policy,
        retry=RetryPolicy(attempts=1),
        timeout=TimeoutPolicy(attempt_s=1.0),
        transport=replace(policy.transport, connect_s=5.0),
    )
    gateway = Gateway(once, service.url, service.url.replace("127.0.0.1", "127.1"))

    async with aclosing(await gateway.open("/503", safe=True)) as stream:
        assert stream.status == 503

    assert service.times_asked == 2
    assert gateway.in_flight == [0, 0]
    await gateway.registry.close()


async def test_no_instance_to_go_to_is_the_last_ones_failure(
    policy: UpstreamPolicy,
) -> None:
    gateway = Gateway(policy, unused_url(), unused_url())

    with pytest.raises(UpstreamConnectFailed):
        await gateway.open("/events")

    assert gateway.in_flight == [0, 0]
    await gateway.registry.close()


async def test_a_stream_that_breaks_is_told_to_its_reader_and_its_instance(
    service: StreamService, policy: UpstreamPolicy
) -> None:
    strict = HealthPolicy(active=False, passive_failures=1)
    gateway = Gateway(replace(policy, health=strict), service.url)
    async with aclosing(await gateway.open("/break")) as stream:
        parts = aiter(stream)
        assert await anext(parts) == b"half"
        with pytest.raises(UpstreamConnectionLost):
            await anext(parts)

    (snapshot,) = gateway.registry.snapshot()
    (endpoint,) = snapshot.endpoints
    assert "the connection was closed" in endpoint.last_failure
    assert endpoint.health != "healthy"
    assert gateway.in_flight == [0]
    await gateway.registry.close()


async def test_a_stream_carries_what_a_call_carries(policy: UpstreamPolicy) -> None:
    fleet = Fleet()
    policy = replace(policy, instances=instances("http://a:1"))
    registry = Registry({"files": policy}, runtime(), fleet.transport)
    request = structs.replace(upstream_request(), headers=((b"accept", b"text/plain"),))
    context = request_context(forwarded=((b"x-request-id", b"r1"),))

    async with aclosing(await registry.streams("files").open(request, context)):
        pass

    (sent,) = fleet.sent
    assert sent[:-1] == (
        (b"accept", b"text/plain"),
        (b"x-request-id", b"r1"),
        (b"accept-encoding", b"identity"),
    )
    assert sent[-1][0] == b"traceparent"
    await registry.close()


async def test_the_first_stream_waits_until_an_instance_is_found() -> None:
    class Slow:
        async def changes(self) -> AsyncGenerator[tuple[InstanceSpec, ...], None]:
            await asyncio.sleep(0.05)
            yield instances("http://a:1")
            await asyncio.sleep(60.0)

    policy = replace(POLICY, discovery=DiscoveryPolicy(DnsPolicy(name="files.example")))
    registry = Registry(
        {"files": policy}, runtime(discoveries=lambda *_: Slow()), Fleet().transport
    )
    streams = registry.streams("files")

    async with aclosing(await streams.open(upstream_request(), request_context())):
        pass
    await registry.close()


def passed(sink: RecordingSink) -> tuple[int, int]:
    """Return the bytes to the service and from it, of all events of streams."""
    found = [each for each in sink.events if isinstance(each, StreamPassed)]
    assert {each.upstream for each in found} == {"files"}
    return sum(each.bytes_out for each in found), sum(each.bytes_in for each in found)


async def test_the_bytes_of_a_stream_are_counted(
    service: StreamService, policy: UpstreamPolicy
) -> None:
    gateway = Gateway(policy, service.url)
    async with aclosing(await gateway.open("/events")) as stream:
        assert await anext(aiter(stream)) == b"one"
    await gateway.registry.close()

    assert passed(gateway.sink) == (0, 3)
