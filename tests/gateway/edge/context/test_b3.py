import pytest

from tests.support.front_doubles import CountedIds
from weir.gateway.edge.context.b3 import B3Context, parse_b3
from weir.gateway.edge.context.trace import continue_b3, sampling_bound
from weir.gateway.edge.header_map import HeaderMap, header_map
from weir.gateway.trace_parent import TraceParent

TRACE = "80f198ee56343ba864fe8b2a57d3eff7"
SPAN = "e457b5a2e4d86bd1"


def fields(**named: str) -> HeaderMap:
    return header_map(
        (name.replace("_", "-").encode(), value.encode())
        for name, value in named.items()
    )


CONTEXTS = [
    (fields(b3=f"{TRACE}-{SPAN}-1"), B3Context(TRACE, SPAN, sampled=True)),
    (fields(b3=f"{TRACE}-{SPAN}-0"), B3Context(TRACE, SPAN, sampled=False)),
    (fields(b3=f"{TRACE}-{SPAN}-d"), B3Context(TRACE, SPAN, sampled=True)),
    (fields(b3=f"{TRACE}-{SPAN}"), B3Context(TRACE, SPAN, sampled=None)),
    (fields(b3=f"{TRACE}-{SPAN}-1-{SPAN}"), B3Context(TRACE, SPAN, sampled=True)),
    (
        fields(b3=f"{TRACE[:16]}-{SPAN}-1"),
        B3Context("0" * 16 + TRACE[:16], SPAN, sampled=True),
    ),
    (fields(b3="0"), B3Context("", "", sampled=False)),
    (
        fields(x_b3_traceid=TRACE, x_b3_spanid=SPAN, x_b3_sampled="0"),
        B3Context(TRACE, SPAN, sampled=False),
    ),
    (
        fields(x_b3_traceid=TRACE, x_b3_spanid=SPAN, x_b3_flags="1"),
        B3Context(TRACE, SPAN, sampled=True),
    ),
    (
        fields(x_b3_traceid=TRACE, x_b3_spanid=SPAN),
        B3Context(TRACE, SPAN, sampled=None),
    ),
    (fields(x_b3_sampled="0"), B3Context("", "", sampled=False)),
]
MALFORMED = [
    fields(),
    fields(b3=TRACE),
    fields(b3=f"{TRACE.upper()}-{SPAN}-1"),
    fields(b3=f"{TRACE}-{SPAN}-2"),
    fields(b3=f"{'0' * 32}-{SPAN}-1"),
    fields(b3=f"{TRACE}-{'0' * 16}-1"),
    fields(b3=f"{TRACE}-{SPAN}-1-{SPAN}-1"),
    fields(x_b3_traceid=TRACE, x_b3_sampled="1"),
]


@pytest.mark.parametrize(("sent", "context"), CONTEXTS)
def test_the_context_of_a_client_is_read(sent: HeaderMap, context: B3Context) -> None:
    assert parse_b3(sent) == context


@pytest.mark.parametrize("sent", MALFORMED)
def test_other_values_are_ignored(sent: HeaderMap) -> None:
    assert parse_b3(sent) is None


@pytest.mark.parametrize(
    ("client", "share", "sampled"),
    [
        (B3Context(TRACE, SPAN, sampled=True), 0.0, True),
        (B3Context(TRACE, SPAN, sampled=False), 1.0, False),
        (B3Context(TRACE, SPAN, sampled=None), 1.0, True),
        (B3Context(TRACE, SPAN, sampled=None), 0.0, False),
        (B3Context("", "", sampled=False), 1.0, False),
    ],
)
def test_the_decision_of_a_client_holds_and_is_made_here_if_it_has_none(
    client: B3Context,
    share: float,
    sampled: bool,  # noqa: FBT001 - a case
) -> None:
    trace = continue_b3(client, CountedIds(), sampling_bound(share), "single")

    assert trace.sampled == sampled
    assert trace.client_span_id == client.span_id
    assert trace.trace_id == (client.trace_id or trace.trace_id)


def test_services_get_the_trace_in_the_configured_form() -> None:
    single = TraceParent(trace_id=TRACE, parent_id=SPAN, flags="01", b3="single")
    several = TraceParent(trace_id=TRACE, parent_id=SPAN, b3="multiple")

    assert single.b3_fields(SPAN) == ((b"b3", f"{TRACE}-{SPAN}-1".encode()),)
    assert several.b3_fields(SPAN) == (
        (b"x-b3-traceid", TRACE.encode()),
        (b"x-b3-spanid", SPAN.encode()),
        (b"x-b3-sampled", b"0"),
    )
