"""B3 trace contexts of clients, in one field or in several.

https://github.com/openzipkin/b3-propagation
"""

import re
from typing import Final, NamedTuple

from weir.gateway.edge.header_map import HeaderMap

_SINGLE: Final = re.compile(
    rb"(?P<trace>[0-9a-f]{16}|[0-9a-f]{32})-(?P<span>[0-9a-f]{16})"
    rb"(?:-(?P<sampled>[01d])(?:-[0-9a-f]{16})?)?"
)
_DEBUG: Final = b"d"
_SAMPLED: Final = {b"1": True, b"0": False, _DEBUG: True}


class B3Context(NamedTuple):
    """The trace and the span of a client, "" for a context with only a decision.

    `sampled` is the decision on sampling, None if the gateway has to make it.
    """

    trace_id: str
    span_id: str
    sampled: bool | None


def parse_b3(fields: HeaderMap) -> B3Context | None:
    """Return the context of a client; None if there is none, or it is malformed."""
    single = fields.get(b"b3") or _joined(fields)
    if single in _SAMPLED:
        return B3Context("", "", _SAMPLED[single])
    match = _SINGLE.fullmatch(single)
    if match is None:
        return None
    trace_id = match["trace"].decode().zfill(32)
    span_id = match["span"].decode()
    if not (trace_id.strip("0") and span_id.strip("0")):
        return None
    sampled = match["sampled"]
    return B3Context(trace_id, span_id, None if sampled is None else _SAMPLED[sampled])


def _joined(fields: HeaderMap) -> bytes:
    """Return the single form of several fields, or b"" without any."""
    debug = fields.get(b"x-b3-flags") == b"1"
    sampled = _DEBUG if debug else fields.get(b"x-b3-sampled", b"")
    ids = fields.get(b"x-b3-traceid", b""), fields.get(b"x-b3-spanid", b"")
    return b"-".join(each for each in (*ids, sampled) if each)
