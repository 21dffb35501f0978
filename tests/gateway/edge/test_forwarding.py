import pytest

from weir.gateway.edge.client_address import Origin
from weir.gateway.edge.forwarding import (
    NEVER_FORWARDED,
    Forwarding,
    ForwardingPolicy,
    NotForwardable,
    tracestate,
)

ORIGIN = Origin("203.0.113.9", "https", b"shop.example", b"203.0.113.9, 10.0.0.1")
IDS = ("r1", "web")
STATE = ((b"tracestate", b"a=1"),)


def test_upstreams_learn_where_a_request_came_from() -> None:
    forwarding = Forwarding(ForwardingPolicy())

    assert forwarding.headers({}, ORIGIN, *IDS, STATE) == (
        (b"x-request-id", b"r1"),
        (b"x-client-type", b"web"),
        (b"tracestate", b"a=1"),
        (b"x-forwarded-for", b"203.0.113.9, 10.0.0.1"),
        (b"x-forwarded-proto", b"https"),
        (b"x-forwarded-host", b"shop.example"),
    )


def test_client_headers_go_on_only_where_the_list_names_them() -> None:
    fields = {
        b"authorization": b"Bearer secret",
        b"cookie": b"session=1",
        b"accept-language": b"de",
    }
    none = Forwarding(ForwardingPolicy())
    some = Forwarding(ForwardingPolicy(("Accept-Language", "Authorization", "X-None")))

    assert none.headers(fields, ORIGIN, *IDS)[5:] == ()
    assert some.headers(fields, ORIGIN, *IDS)[5:] == (
        (b"accept-language", b"de"),
        (b"authorization", b"Bearer secret"),
    )


def test_what_the_client_marks_as_hop_by_hop_stays_on_its_hop() -> None:
    forwarding = Forwarding(ForwardingPolicy(("accept-language", "authorization")))
    fields = {
        b"accept-language": b"de",
        b"authorization": b"Bearer secret",
        b"connection": b"keep-alive, Authorization",
    }

    assert forwarding.headers(fields, ORIGIN, *IDS)[5:] == (
        (b"accept-language", b"de"),
    )


@pytest.mark.parametrize(
    "name", [*sorted(n.decode() for n in NEVER_FORWARDED), "Host", "", "a b", "é"]
)
def test_a_list_can_not_name_what_the_gateway_says_itself(name: str) -> None:
    with pytest.raises(NotForwardable) as caught:
        ForwardingPolicy(("accept-language", name))

    assert caught.value.name == name


@pytest.mark.parametrize(
    ("value", "forwarded"),
    [(b"", ()), (b"a=1", ((b"tracestate", b"a=1"),)), (b"a=" + b"x" * 600, ())],
)
def test_tracestate_goes_on_within_its_bound(
    value: bytes, forwarded: tuple[tuple[bytes, bytes], ...]
) -> None:
    assert tracestate({b"tracestate": value}) == forwarded
