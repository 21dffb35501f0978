import pytest

from weir.gateway.edge.context.forwarding import forwarded_fields, tracestate
from weir.gateway.edge.origin import Origin

ORIGIN = Origin("203.0.113.9", "https", b"shop.example", b"203.0.113.9, 10.0.0.1")
STATE = ((b"tracestate", b"a=1"),)


def test_upstreams_learn_where_a_request_came_from() -> None:
    assert forwarded_fields(ORIGIN, "r1", "web", STATE) == (
        (b"x-request-id", b"r1"),
        (b"x-client-type", b"web"),
        (b"tracestate", b"a=1"),
        (b"x-forwarded-for", b"203.0.113.9, 10.0.0.1"),
        (b"x-forwarded-proto", b"https"),
        (b"x-forwarded-host", b"shop.example"),
    )


@pytest.mark.parametrize(
    ("value", "forwarded"),
    [(b"", ()), (b"a=1", ((b"tracestate", b"a=1"),)), (b"a=" + b"x" * 600, ())],
)
def test_tracestate_goes_on_within_its_bound(
    value: bytes, forwarded: tuple[tuple[bytes, bytes], ...]
) -> None:
    assert tracestate({b"tracestate": value}) == forwarded
