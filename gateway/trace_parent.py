"""W3C trace contexts: a trace, and a request's span in it.

https://www.w3.org/TR/trace-context/#traceparent-header
"""

from typing import Final

from msgspec import Struct

SAMPLED_FLAGS: Final = frozenset({"01", "03"})
"""The flags of a sampled trace; the second bit is "random" (level 2)."""


class TraceParent(Struct, frozen=True, kw_only=True):
    """The trace of a request, and the span of the request, `parent_id`.

    `client_span_id` is the span of the client that sent the request, or "".
    """

    trace_id: str
    parent_id: str
    flags: str = "00"
    client_span_id: str = ""

    @property
    def sampled(self) -> bool:
        """Whether the spans of this trace are recorded (§3.2.2.5.1)."""
        return self.flags in SAMPLED_FLAGS

    def log_fields(self) -> dict[str, object]:
        """Return the ids for a record of the logging module, as its `extra`."""
        return {"trace_id": self.trace_id, "span_id": self.parent_id}

    def header(self, span_id: str) -> bytes:
        """Return the traceparent of a span of this trace."""
        return f"00-{self.trace_id}-{span_id}-{self.flags}".encode()
