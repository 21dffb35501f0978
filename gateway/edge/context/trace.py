"""W3C trace contexts: the client's trace is continued, or a new one begins.

https://www.w3.org/TR/trace-context/#traceparent-header
"""

import re

from weir.gateway.edge.context.b3 import B3Context
from weir.gateway.ids import IdSource
from weir.gateway.trace_parent import B3Form, TraceParent

_TRACEPARENT = re.compile(
    rb"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<parent>[0-9a-f]{16})"
    rb"-(?P<flags>[0-9a-f]{2})(?P<rest>-.*)?"
)
_NO_TRACE = b"0" * 32
_NO_PARENT = b"0" * 16
# "sampled" (level 1) and "random" (level 2). "A vendor MUST set all other bits to
# zero": https://www.w3.org/TR/trace-context-2/#other-flags
_KNOWN_FLAGS = 0x03
_SAMPLED = "01"
_NOT_SAMPLED = "00"
_RANDOM_VALUES = 2**64


def parse_traceparent(value: bytes) -> TraceParent | None:
    """Parse a traceparent; return None if it must be ignored (§3.2.2.3 and §4.2)."""
    match = _TRACEPARENT.fullmatch(value)
    if match is None:
        return None
    version, trace, parent, flags, rest = match.groups()
    # Version 00 has exactly four fields; ff is forbidden; later ones may have more.
    if version == b"ff" or (version == b"00" and rest):
        return None
    if trace == _NO_TRACE or parent == _NO_PARENT:
        return None
    return TraceParent(
        trace_id=trace.decode(),
        parent_id=parent.decode(),
        flags=f"{int(flags, 16) & _KNOWN_FLAGS:02x}",
    )


def sampling_bound(share: float) -> int:
    """Return the bound of `continue_trace` for a share of the new traces."""
    return round(share * _RANDOM_VALUES)


def continue_b3(
    client: B3Context, ids: IdSource, sampled_below: int, b3: B3Form
) -> TraceParent:
    """Return the trace of a client with a B3 context, as `continue_trace` does."""
    trace_id = client.trace_id or ids.trace_id()
    sampled = client.sampled
    if sampled is None:
        sampled = _is_below(trace_id, sampled_below)
    return TraceParent(
        trace_id=trace_id,
        parent_id=ids.span_id(),
        flags=_SAMPLED if sampled else _NOT_SAMPLED,
        client_span_id=client.span_id,
        b3=b3,
    )


def _is_below(trace_id: str, sampled_below: int) -> bool:
    return int(trace_id[16:], 16) < sampled_below


def continue_trace(
    client: TraceParent | None,
    ids: IdSource,
    sampled_below: int = 0,
    b3: B3Form | None = None,
) -> TraceParent:
    """Return the trace with the gateway's span as the parent of upstream calls.

    The client decides whether its trace is sampled. A new trace is sampled if the last
    64 bits of its id, which are random, are below `sampled_below`.
    """
    if client is None:
        trace_id = ids.trace_id()
        sampled = sampled_below and _is_below(trace_id, sampled_below)
        flags = _SAMPLED if sampled else _NOT_SAMPLED
        span_id = ids.span_id()
        return TraceParent(trace_id=trace_id, parent_id=span_id, flags=flags, b3=b3)
    return TraceParent(
        trace_id=client.trace_id,
        parent_id=ids.span_id(),
        flags=client.flags,
        client_span_id=client.parent_id,
        b3=b3,
    )
