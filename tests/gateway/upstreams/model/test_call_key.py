import pytest
from msgspec import structs

from tests.support.calls import upstream_request
from weir.gateway.headers import Headers
from weir.gateway.transport.message import UpstreamRequest
from weir.gateway.upstreams.model.call_key import call_key

REQUEST = upstream_request("POST", "/graphql", body=b"{}", deadline_s=1.0)


@pytest.mark.parametrize(
    "other",
    [
        structs.replace(REQUEST, method="QUERY"),
        structs.replace(REQUEST, path="/other"),
        structs.replace(REQUEST, body=b"[]"),
        structs.replace(REQUEST, partition="ada"),
        structs.replace(REQUEST, headers=((b"accept", b"text/plain"),)),
    ],
)
def test_whatever_an_upstream_acts_upon_separates_calls(other: UpstreamRequest) -> None:
    assert call_key(REQUEST, ()) != call_key(other, ())


@pytest.mark.parametrize(
    ("forwarded", "same"),
    [
        (((b"authorization", b"Bearer a"),), False),
        (((b"accept-language", b"de"),), False),
        (((b"x-client-type", b"tv"),), False),
        (((b"x-forwarded-host", b"evil.example"),), False),
        (((b"x-forwarded-proto", b"http"),), False),
        (((b"baggage", b"user=a"),), False),
        (((b"cookie", b"a=b"),), False),
        (((b"x-request-id", b"r2"), (b"traceparent", b"00-1-2-01")), True),
        (((b"x-forwarded-for", b"192.0.2.1"),), True),
    ],
)
def test_forwarded_fields_separate_calls_unless_they_differ_each_time(
    forwarded: Headers, *, same: bool
) -> None:
    assert (call_key(REQUEST, ()) == call_key(REQUEST, forwarded)) is same


def test_a_deadline_or_label_is_nothing_that_an_upstream_sees() -> None:
    other = structs.replace(REQUEST, deadline_s=2.0, endpoint="another label")

    assert call_key(REQUEST, ()) == call_key(other, ())
