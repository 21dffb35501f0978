"""The stack as a whole: what a caller sees when instances misbehave."""

import asyncio
import time
from dataclasses import replace

import pytest
from msgspec import structs

from tests.support.calls import RecordingSink, request_context, upstream_request
from tests.support.fake_clock import FakeClock
from tests.support.upstream_stack import POLICY, REPEATED, A, B, call, stack
from tests.support.upstreams import Fleet, instances, response, runtime
from weir.gateway.events import (
    AttemptFinished,
    BreakerChanged,
    InstanceChanged,
    PanicChanged,
)
from weir.gateway.transport.errors import (
    UpstreamConnectFailed,
    UpstreamConnectionLost,
    UpstreamError,
    UpstreamReplyTooLarge,
    UpstreamTimeout,
)
from weir.gateway.upstreams.middleware.retry.budget import FLOOR_PER_S, SAVED_FOR_S
from weir.gateway.upstreams.model.policy import (
    BreakerPolicy,
    ConcurrencyPolicy,
    HealthPolicy,
    RetryPolicy,
    TimeoutPolicy,
)
from weir.gateway.upstreams.registry import Registry


@pytest.mark.parametrize("failure", REPEATED)
async def test_a_safe_call_that_fails_is_repeated_on_another_instance(
    failure: str,
) -> None:
    fleet = Fleet()
    fleet.script(A, REPEATED[failure])

    answer = await call(stack(fleet))

    assert (answer.status, answer.instance) == (200, B)
    assert fleet.asked == {A: 1, B: 1}


@pytest.mark.parametrize("failure", REPEATED)
async def test_an_unsafe_call_is_repeated_only_if_it_never_left(failure: str) -> None:
    fleet = Fleet()
    fleet.script(A, REPEATED[failure])
    upstream = stack(fleet)

    if failure == "refused":
        assert (await call(upstream, safe=False)).instance == B
    elif isinstance(expected := REPEATED[failure], int):
        assert (await call(upstream, safe=False)).status == expected
        assert fleet.asked == {A: 1}
    else:
        with pytest.raises(type(expected)):
            await call(upstream, safe=False)
        assert fleet.asked == {A: 1}


@pytest.mark.parametrize("failure", REPEATED)
async def test_a_large_call_without_a_response_is_not_sent_to_a_second_instance(
    failure: str,
) -> None:
    fleet = Fleet()
    fleet.script(A, REPEATED[failure])
    upstream, body = stack(fleet), b" " * 65_537

    if failure in ("lost", "timeout", "broken"):
        with pytest.raises(UpstreamError):
            await call(upstream, body=body)
        assert fleet.asked == {A: 1}
    else:
        assert (await call(upstream, body=body)).instance == B


@pytest.mark.parametrize("status", [200, 304, 400, 404, 429, 500])
async def test_other_answers_are_given_as_they_are(status: int) -> None:
    fleet = Fleet()
    fleet.script(A, status)

    assert (await call(stack(fleet))).status == status
    assert fleet.asked == {A: 1}


async def test_which_answers_are_repeated_is_configured() -> None:
    fleet = Fleet()
    fleet.script(A, 500, 503)
    retry = RetryPolicy(statuses=frozenset({500}), backoff_s=0.001)
    upstream = stack(fleet, replace(POLICY, retry=retry))

    assert (await call(upstream)).instance == B
    assert (await call(upstream)).status == 503
    assert fleet.asked == {A: 2, B: 1}


async def test_an_answer_above_the_limit_is_not_asked_for_again() -> None:
    fleet = Fleet()
    fleet.script(A, UpstreamReplyTooLarge())

    with pytest.raises(UpstreamReplyTooLarge):
        await call(stack(fleet))
    assert fleet.asked == {A: 1}


async def test_the_last_failure_is_the_answer_when_repeats_run_out() -> None:
    fleet = Fleet()
    fleet.script(A, 503, 503)
    fleet.script(B, 503, UpstreamConnectionLost())

    assert (await call(stack(fleet))).status == 503
    assert fleet.asked == {A: 2, B: 1}


async def test_without_repeats_there_is_one_attempt() -> None:
    fleet = Fleet()
    fleet.script(A, 503)

    answer = await call(stack(fleet, replace(POLICY, retry=RetryPolicy(attempts=0))))

    assert answer.status == 503
    assert fleet.asked == {A: 1}


@pytest.mark.parametrize("later", [b"60", b"9" * 309, b"Fri, 31 Dec 9999 23:59:59 GMT"])
async def test_retry_after_is_waited_for_where_all_have_been_tried(
    later: bytes,
) -> None:
    fleet = Fleet()
    busy = structs.replace(response(503), headers=((b"retry-after", later),))
    fleet.script(A, busy)
    one_instance = replace(POLICY, instances=instances(A))

    answer = await call(stack(fleet, one_instance))

    assert answer is busy, "a minute is more than the deadline allows"
    fleet.script(A, structs.replace(busy, headers=((b"retry-after", b"0"),)))
    assert (await call(stack(fleet, one_instance))).status == 200


async def test_an_exhausted_budget_ends_the_repeats() -> None:
    fleet = Fleet()
    policy = replace(
        POLICY,
        retry=RetryPolicy(budget=0.0, backoff_s=0.0),
        health=HealthPolicy(active=False, passive_failures=1000),
        breaker=BreakerPolicy(failures=1000, failed_share=1.0),
    )
    upstream = stack(fleet, policy, FakeClock())
    fleet.script(A, *[503] * 200)
    fleet.script(B, *[503] * 200)
    for _ in range(60):
        await call(upstream)

    saved = FLOOR_PER_S * SAVED_FOR_S
    assert fleet.asked.total() == 60 + saved, "each call once, and the saved repeats"


async def test_repeats_end_with_the_deadline() -> None:
    fleet = Fleet()
    fleet.script(A, UpstreamTimeout())
    request = upstream_request(deadline_s=time.monotonic())

    with pytest.raises(UpstreamTimeout):
        await stack(fleet).call(request, request_context())


async def test_no_attempt_outlives_its_own_timeout() -> None:
    fleet = Fleet()
    fleet.gate.clear()
    policy = replace(
        POLICY,
        timeout=TimeoutPolicy(attempt_s=0.2, total_s=0.5),
        retry=RetryPolicy(attempts=99, backoff_s=0.0),
    )
    started_s = time.monotonic()

    with pytest.raises(UpstreamTimeout):
        await call(stack(fleet, policy))

    # A hundred attempts would take 20 s.
    assert 0.2 < time.monotonic() - started_s < 10


async def test_what_the_context_forwards_goes_to_the_upstream() -> None:
    fleet = Fleet()
    forwarded = ((b"x-request-id", b"r1"), (b"connection", b"close"))
    request = structs.replace(upstream_request(), headers=((b"accept", b"*/*"),))

    await stack(fleet).call(request, request_context(forwarded))

    (sent,) = fleet.sent
    assert sent[:-1] == (
        (b"accept", b"*/*"),
        (b"x-request-id", b"r1"),
        (b"accept-encoding", b"gzip, br, zstd"),
    )
    assert sent[-1][0] == b"traceparent"


async def test_each_attempt_has_a_span_of_its_own() -> None:
    fleet = Fleet()
    fleet.script(A, UpstreamConnectionLost(), UpstreamConnectionLost())
    sink = RecordingSink()
    policy = replace(POLICY, instances=instances(A))
    registry = Registry({"catalog": policy}, runtime(None, sink), fleet.transport)
    context = request_context(((b"traceparent", b"00-forged"),))

    await registry.upstream("catalog").call(upstream_request(), context)

    ended = [each for each in sink.events if isinstance(each, AttemptFinished)]
    spans = [each.span_id for each in ended]
    assert {each.parent_id for each in ended} == {context.trace.parent_id}
    traceparents = [dict(sent)[b"traceparent"] for sent in fleet.sent]
    assert traceparents == [context.trace.header(span_id) for span_id in spans]
    assert len(set(spans)) == len(spans) > 1
    await registry.close()


async def test_attempts_of_a_fetch_hang_below_its_span() -> None:
    sink = RecordingSink()
    registry = Registry({"catalog": POLICY}, runtime(None, sink), Fleet().transport)
    request = structs.replace(upstream_request(), parent_id="5" * 16)

    await registry.upstream("catalog").call(request, request_context())

    (ended,) = (each for each in sink.events if isinstance(each, AttemptFinished))
    assert ended.parent_id == "5" * 16
    await registry.close()


async def test_each_attempt_and_each_change_is_told() -> None:
    fleet = Fleet()
    fleet.script(A, *[UpstreamConnectFailed() for _ in range(3)])
    sink = RecordingSink()
    policy = replace(
        POLICY,
        instances=instances(A),
        retry=RetryPolicy(attempts=0),
        breaker=BreakerPolicy(failures=3),
    )
    registry = Registry({"catalog": policy}, runtime(None, sink), fleet.transport)

    for _ in range(3):
        with pytest.raises(UpstreamConnectFailed):
            await call(registry.upstream("catalog"))

    first = sink.events[0]
    assert isinstance(first, AttemptFinished)
    assert (first.upstream, first.instance, first.outcome, first.attempt) == (
        "catalog",
        A,
        "UPSTREAM_CONNECT_FAILED",
        1,
    )
    changes = [event for event in sink.events if not isinstance(event, AttemptFinished)]
    assert [type(event) for event in changes] == [
        InstanceChanged,
        PanicChanged,
        BreakerChanged,
    ]


async def test_attempts_are_numbered_where_an_instance_is_asked_again() -> None:
    fleet = Fleet()
    fleet.script(A, 503, 503)
    fleet.script(B, 503)
    sink = RecordingSink()
    registry = Registry({"catalog": POLICY}, runtime(None, sink), fleet.transport)

    await call(registry.upstream("catalog"))

    attempts = [each for each in sink.events if isinstance(each, AttemptFinished)]
    assert [(each.attempt, each.instance) for each in attempts] == [
        (1, A),
        (2, B),
        (3, A),
    ]


async def test_no_instance_gets_more_than_its_places_and_all_calls_are_served() -> None:
    fleet = Fleet()
    fleet.gate.clear()
    concurrency = ConcurrencyPolicy(max_in_flight=0, max_per_instance=2, max_waiting=9)
    policy = replace(POLICY, concurrency=concurrency, coalesce=False)
    registry = Registry({"catalog": policy}, runtime(), fleet.transport)
    upstream = registry.upstream("catalog")

    calls = [asyncio.create_task(call(upstream)) for _ in range(10)]
    await asyncio.sleep(0.01)
    endpoints = registry.snapshot()[0].endpoints
    fleet.gate.set()

    assert [one.in_flight for one in endpoints] == [2, 2]
    assert {one.status for one in await asyncio.gather(*calls)} == {200}
