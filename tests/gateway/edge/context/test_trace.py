from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.front_doubles import CountedIds
from weir.gateway.edge.context.trace import (
    continue_trace,
    parse_traceparent,
    sampling_bound,
)
from weir.gateway.ids import RandomIds
from weir.gateway.trace_parent import TraceParent

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"

TAKEN = {
    f"00-{TRACE}-{PARENT}-01": "01",
    f"00-{TRACE}-{PARENT}-00": "00",
    f"00-{TRACE}-{PARENT}-03": "03",
    # Unknown flags are not passed on.
    f"00-{TRACE}-{PARENT}-ff": "03",
    # A later version is read as far as version 00 goes.
    f"01-{TRACE}-{PARENT}-01": "01",
    f"cc-{TRACE}-{PARENT}-01-what-the-future-brings": "01",
}
IGNORED = [
    "",
    "00",
    f"00-{TRACE}-{PARENT}",
    f"00-{TRACE}-{PARENT}-01-more",
    f"00-{TRACE}-{PARENT}-01-",
    f"ff-{TRACE}-{PARENT}-01",
    f"01-{TRACE}-{PARENT}-01more",
    f"00-{TRACE.upper()}-{PARENT}-01",
    f"00-{'0' * 32}-{PARENT}-01",
    f"00-{TRACE}-{'0' * 16}-01",
    f"00-{TRACE[1:]}-{PARENT}-01",
    f"00-{TRACE}-{PARENT}-1",
    f"00-{TRACE}-{PARENT}-0g",
    f"00-{TRACE}-{PARENT}-01, 00-{TRACE}-{PARENT}-01",
    f" 00-{TRACE}-{PARENT}-01",
    f"00-{TRACE}-{PARENT}-01\n",
]


@pytest.mark.parametrize(("value", "flags"), TAKEN.items())
def test_a_valid_traceparent_is_read(value: str, flags: str) -> None:
    assert parse_traceparent(value.encode()) == TraceParent(
        trace_id=TRACE, parent_id=PARENT, flags=flags
    )


@pytest.mark.parametrize("value", IGNORED)
def test_any_other_is_ignored(value: str) -> None:
    assert parse_traceparent(value.encode()) is None


@given(st.binary(max_size=80))
def test_no_value_raises(value: bytes) -> None:
    parse_traceparent(value)


def test_a_trace_is_continued_with_a_span_of_ours() -> None:
    client = TraceParent(trace_id=TRACE, parent_id=PARENT, flags="01")

    ours = continue_trace(client, CountedIds())

    assert ours.parent_id == "1".zfill(16)
    assert ours.client_span_id == PARENT
    assert ours.sampled
    assert ours.header("2" * 16) == f"00-{TRACE}-{'2' * 16}-01".encode()


def test_without_one_a_trace_is_started_unsampled() -> None:
    ours = continue_trace(None, CountedIds())

    assert ours.header("3" * 16) == f"00-{'1'.zfill(32)}-{'3' * 16}-00".encode()


def test_what_we_send_is_what_we_would_take() -> None:
    ours = continue_trace(None, CountedIds())

    assert parse_traceparent(ours.header(ours.parent_id)) == ours


@pytest.mark.parametrize(("share", "sampled"), [(0, 0), (0.1, 1000), (1, 10_000)])
def test_a_share_of_the_new_traces_is_sampled(share: float, sampled: int) -> None:
    ids = RandomIds(Random(7))  # noqa: S311 - repeatable, not secret
    bound = sampling_bound(share)

    traces = [continue_trace(None, ids, bound) for _ in range(10_000)]

    assert sum(each.sampled for each in traces) == pytest.approx(sampled, rel=0.1)


@pytest.mark.parametrize("flags", ["00", "01", "02", "03"])
def test_the_client_decides_on_its_trace(flags: str) -> None:
    client = TraceParent(trace_id=TRACE, parent_id=PARENT, flags=flags)

    continued = {
        continue_trace(client, CountedIds(), sampling_bound(share)).flags
        for share in (0, 1)
    }

    assert continued == {flags}
