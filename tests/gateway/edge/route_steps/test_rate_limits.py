"""Rate limits in the pipeline: which requests they count, and what a response has."""

import pytest
from msgspec import structs

from tests.support import events
from tests.support.calls import DeafSink, RecordingSink, request_context
from tests.support.fake_clock import FakeClock
from tests.support.front_doubles import text
from tests.support.memory_exchange import request_head
from weir.gateway.context import Identity
from weir.gateway.edge.origin import Origin
from weir.gateway.edge.route_steps.rate_limits import rate_limit_steps
from weir.gateway.edge.steps import NO_STEPS, Steps
from weir.gateway.events import EventSink
from weir.gateway.limits.errors import RateLimited
from weir.gateway.limits.key import LimitKey
from weir.gateway.limits.limiter import limit_buckets
from weir.gateway.limits.policy import RateLimit

HEAD = request_head()
ADA = Identity(method="jwt", subject="ada")


def steps(*keys: str, sink: EventSink | None = None, of_service: bool = False) -> Steps:
    limits = [
        RateLimit(
            name=key, count=1, window_s=60, burst=1, key=LimitKey((key,) if key else ())
        )
        for key in keys
    ]
    buckets = limit_buckets(limits, {})
    return rate_limit_steps(
        buckets.values(), FakeClock(), sink or DeafSink(), of_service=of_service
    )


def origin(address: str) -> Origin:
    return Origin(address, "http", b"", address.encode())


def test_a_route_without_limits_has_no_steps() -> None:
    assert steps() == NO_STEPS


@pytest.mark.parametrize("key", ["", "address", "header:x"])
def test_limits_by_head_are_guards(key: str) -> None:
    applied = steps(key)
    (guard,) = applied.guards
    guard(HEAD, origin("192.0.2.1"))

    assert not applied.checks
    with pytest.raises(RateLimited):
        guard(HEAD, origin("192.0.2.1"))


def test_limits_by_identity_are_checks() -> None:
    applied = steps("subject")
    (check,) = applied.checks
    ada, bob = (
        structs.replace(
            request_context(), identity=Identity(method="jwt", subject=each)
        )
        for each in ("ada", "bob")
    )
    check(HEAD, ada)
    check(HEAD, bob)

    assert not applied.guards
    with pytest.raises(RateLimited):
        check(HEAD, ada)


def test_a_response_describes_both_kinds() -> None:
    applied = steps("address", "subject")
    (finish,) = applied.finishes
    context = structs.replace(
        request_context(), identity=ADA, client_address="192.0.2.1"
    )
    applied.guards[0](HEAD, origin("192.0.2.1"))

    response = finish(HEAD, context, text(b"hello"))

    assert dict(response.headers)[b"ratelimit"] == (
        b'"address";r=0;t=60, "subject";r=1;t=0'
    )


@pytest.mark.parametrize("keys", [("",), ("", "address")])
@pytest.mark.parametrize("of_service", [True, False])
def test_the_limits_of_a_service_are_not_shown_beside_those_of_the_gateway(
    keys: tuple[str, ...],
    of_service: bool,  # noqa: FBT001 - a column of the table
) -> None:
    (finish,) = steps(*keys, of_service=of_service).finishes
    proxied = text(b"hello").adding(((b"x-ratelimit-limit", b"9"), (b"x-a", b"b")))
    returned = [] if of_service else [((b"x-ratelimit-limit", b"9"),)]
    context = structs.replace(request_context(), returned=returned)

    fields = finish(HEAD, context, proxied).headers

    assert [value for name, value in fields if name == b"x-ratelimit-limit"] == [b"1"]
    assert (b"x-a", b"b") in fields


@pytest.mark.parametrize("key", ["address", "subject"])
def test_each_refusal_is_an_event_with_its_limit_and_caller(key: str) -> None:
    sink = RecordingSink()
    applied = steps(key, sink=sink)
    context = structs.replace(
        request_context(), identity=ADA, client_address="192.0.2.1"
    )

    def request() -> None:
        for guard in applied.guards:
            guard(HEAD, origin("192.0.2.1"))
        for check in applied.checks:
            check(HEAD, context)

    request()
    assert not sink.events
    for _ in range(2):
        with pytest.raises(RateLimited):
            request()
    expected = structs.replace(events.REFUSED, limit=key, scope="")
    if key == "subject":
        expected = structs.replace(expected, method="jwt", subject="ada")
    assert sink.events == [structs.replace(expected, client_address="192.0.2.1")] * 2
