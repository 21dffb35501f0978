"""What callers get in place of an answer that a service does not give."""

from dataclasses import replace

import pytest
from msgspec import structs

from tests.support.calls import RecordingSink, request_context, upstream_request
from tests.support.fake_clock import FakeClock
from tests.support.upstreams import Fleet, Step, instances, runtime
from weir.gateway.events import FallbackUsed
from weir.gateway.headers import header
from weir.gateway.transport.errors import (
    CircuitOpen,
    UpstreamConnectFailed,
    UpstreamError,
    UpstreamReplyTooLarge,
    UpstreamUnavailable,
)
from weir.gateway.transport.message import UpstreamResponse
from weir.gateway.upstreams.model.policy import (
    BreakerPolicy,
    CachePolicy,
    FallbackPolicy,
    HealthPolicy,
    OperationPolicy,
    RetryPolicy,
    StaticResponse,
    UpstreamPolicy,
)
from weir.gateway.upstreams.registry import Registry

A = "http://a:1"
ROWS = "GET /rows"
NO_ROWS = StaticResponse(
    headers=((b"content-type", b"application/json"),), body=b'{"items":[]}'
)
STATIC = FallbackPolicy(response=NO_ROWS)
POLICY = UpstreamPolicy(
    name="recommendations",
    instances=instances(A),
    health=HealthPolicy(active=False, passive_failures=3, max_ejected_s=999.0),
    retry=RetryPolicy(attempts=0),
    breaker=BreakerPolicy(failures=2, open_for_s=999.0),
    fallback=STATIC,
)


class Service:
    def __init__(self, policy: UpstreamPolicy, *steps: Step) -> None:
        self.fleet, self.clock, self.sink = Fleet(), FakeClock(), RecordingSink()
        self.fleet.script(A, *steps)
        self.registry = Registry(
            {"r": policy}, runtime(self.clock, self.sink), self.fleet.transport
        )

    async def ask(self, *, safe: bool = True, endpoint: str = ROWS) -> UpstreamResponse:
        request = structs.replace(
            upstream_request(safe=safe, deadline_s=self.clock.monotonic_s() + 5),
            endpoint=endpoint,
        )
        return await self.registry.upstream("r").call(request, request_context())

    def used(self) -> list[tuple[str, str]]:
        events = [one for one in self.sink.events if isinstance(one, FallbackUsed)]
        return [(one.kind, one.reason) for one in events]


def said(answer: UpstreamResponse, name: bytes) -> bytes:
    return header(answer.headers, name) or b""


async def test_a_static_answer_stands_in_for_calls_that_fail_or_are_refused() -> None:
    service = Service(POLICY, *[UpstreamConnectFailed()] * 9)

    answers = [await service.ask() for _ in range(3)]

    assert {one.status for one in answers} == {200}
    assert {one.body for one in answers} == {b'{"items":[]}'}
    assert service.used() == [
        ("static", "UPSTREAM_CONNECT_FAILED"),
        ("static", "UPSTREAM_CONNECT_FAILED"),
        ("static", "UPSTREAM_CIRCUIT_OPEN"),
    ]
    assert service.fleet.asked == {A: 2}, "the breaker opened all the same"


async def test_a_static_answer_says_that_it_is_one() -> None:
    service = Service(POLICY, UpstreamConnectFailed())

    answer = await service.ask()

    assert said(answer, b"content-type") == b"application/json"
    assert said(answer, b"x-cache") == b"FALLBACK"
    assert said(answer, b"cache-status") == (
        b'weir; detail="fallback: UPSTREAM_CONNECT_FAILED"'
    )


async def test_without_instances_there_is_the_fallback_as_well() -> None:
    service = Service(replace(POLICY, instances=()))

    await service.ask()

    assert service.used() == [("static", UpstreamUnavailable.row.code)]


async def test_a_change_is_never_answered_by_a_fallback() -> None:
    service = Service(POLICY, *[UpstreamConnectFailed()] * 2)

    for error in (UpstreamConnectFailed, UpstreamConnectFailed, CircuitOpen):
        with pytest.raises(error):
            await service.ask(safe=False)
    assert service.used() == []


async def test_what_a_service_answers_is_given_and_so_is_what_is_no_failure() -> None:
    service = Service(POLICY, 404, 500, UpstreamReplyTooLarge())

    assert [(await service.ask()).status for _ in range(2)] == [404, 500]
    with pytest.raises(UpstreamReplyTooLarge):
        await service.ask()


async def test_an_operation_has_its_own_fallback() -> None:
    own = OperationPolicy(
        name=ROWS, fallback=FallbackPolicy(response=StaticResponse(status=204))
    )
    service = Service(
        replace(POLICY, fallback=None, operations=(own,)),
        *[UpstreamConnectFailed()] * 9,
    )

    assert (await service.ask()).status == 204
    with pytest.raises(UpstreamConnectFailed):
        await service.ask(endpoint="GET /others")
    assert (await service.ask()).status == 204, "refused by the upstream's breaker"
    assert service.used()[-1][1] == CircuitOpen.row.code


STALE = replace(
    POLICY,
    cache=CachePolicy(ttl_s=60.0),
    fallback=FallbackPolicy(stale_s=600.0),
)


async def test_a_kept_answer_stands_in_as_long_as_it_is_not_too_old() -> None:
    service = Service(STALE, 200, *[UpstreamConnectFailed()] * 9)
    await service.ask()

    told: list[bytes] = []
    for seconds in (61.0, 100.0, 100.0):
        service.clock.advance(seconds)
        told.append(said(await service.ask(), b"x-cache"))
    service.clock.advance(600.0)
    with pytest.raises(UpstreamError):
        await service.ask()

    assert told == [b"STALE"] * 3
    assert service.used() == [
        ("stale", "UPSTREAM_CONNECT_FAILED"),
        ("stale", "UPSTREAM_CONNECT_FAILED"),
        ("stale", "UPSTREAM_CIRCUIT_OPEN"),
    ]


async def test_a_kept_answer_is_better_than_a_static_one() -> None:
    policy = replace(STALE, fallback=FallbackPolicy(stale_s=600.0, response=NO_ROWS))
    service = Service(policy, 200, *[UpstreamConnectFailed()] * 9)
    await service.ask()

    service.clock.advance(61.0)
    first = await service.ask()
    service.clock.advance(600.0)
    second = await service.ask()

    assert [said(one, b"x-cache") for one in (first, second)] == [b"STALE", b"FALLBACK"]
    assert [kind for kind, _ in service.used()] == ["stale", "static"]


async def test_a_static_answer_is_not_kept() -> None:
    answer = replace(NO_ROWS, headers=((b"cache-control", b"max-age=60"),))
    policy = replace(STALE, fallback=FallbackPolicy(response=answer))
    service = Service(policy, UpstreamConnectFailed(), 200)

    told = [said(await service.ask(), b"x-cache") for _ in range(2)]

    assert told == [b"FALLBACK", b"MISS"]


@pytest.mark.parametrize(
    "forbidden", [b"must-revalidate", b"proxy-revalidate", b"s-maxage=60", b"no-cache"]
)
async def test_what_forbids_to_be_given_stale_is_no_fallback(forbidden: bytes) -> None:
    headers = ((b"cache-control", b"max-age=60, " + forbidden), (b"etag", b'"1"'))
    kept = UpstreamResponse(status=200, headers=headers, body=b"")
    service = Service(STALE, kept, UpstreamConnectFailed())
    await service.ask()

    service.clock.advance(61.0)
    with pytest.raises(UpstreamConnectFailed):
        await service.ask()


async def test_another_operations_patience_is_not_ones_own() -> None:
    patient = OperationPolicy(name="GET /old", fallback=FallbackPolicy(stale_s=9999.0))
    policy = replace(STALE, operations=(patient,))
    service = Service(policy, 200, *[UpstreamConnectFailed()] * 9)
    await service.ask()

    service.clock.advance(61.0 + 600.0)
    with pytest.raises(UpstreamConnectFailed):
        await service.ask()
    assert said(await service.ask(endpoint="GET /old"), b"x-cache") == b"STALE"
