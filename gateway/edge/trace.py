"""W3C trace contexts: the client's trace is continued, or a new one begins.

https://www.w3.org/TR/trace-context/#traceparent-header
"""

import re

from weir.gateway.context import TraceParent
from weir.gateway.ids import IdSource

_TRACEPARENT = re.compile(
    rb"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<parent>[0-9a-f]{16})"
    rb"-(?P<flags>[0-9a-f]{2})(?P<rest>-.*)?"
)
_NO_TRACE = b"0" * 32
_NO_PARENT = b"0" * 16
# "sampled" (level 1) and "random" (level 2). "A vendor MUST set all other bits to
# zero": https://www.w3.org/TR/trace-context-2/#other-flags
_KNOWN_FLAGS = 0x03


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


def continue_trace(client: TraceParent | None, ids: IdSource) -> TraceParent:
    """Return the trace with the gateway's span as the parent of upstream calls."""
    if client is None:
        return TraceParent(trace_id=ids.trace_id(), parent_id=ids.span_id())
    return TraceParent(
        trace_id=client.trace_id, parent_id=ids.span_id(), flags=client.flags
    )
