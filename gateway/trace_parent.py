"""W3C trace contexts: a trace, and a request's span in it.

https://www.w3.org/TR/trace-context/#traceparent-header
"""

from typing import Final, Literal, TypeAlias

from msgspec import Struct

from weir.gateway.headers import Headers

SAMPLED_FLAGS: Final = frozenset({"01", "03"})
"""The flags of a sampled trace; the second bit is "random" (level 2)."""

B3Form: TypeAlias = Literal["single", "multiple"]
"""The fields of B3: `b3`, or several that begin with `x-b3-`."""

B3_FIELDS: Final = frozenset(
    {
        b"b3",
        b"x-b3-traceid",
        b"x-b3-spanid",
        b"x-b3-parentspanid",
        b"x-b3-sampled",
        b"x-b3-flags",
    }
)


class TraceParent(Struct, frozen=True, kw_only=True):
    """The trace of a request, and the span of the request, `parent_id`.

    `client_span_id` is the span of the client that sent the request, or "". With `b3`,
    services get the trace in this form, too.
    """

    trace_id: str
    parent_id: str
    flags: str = "00"
    client_span_id: str = ""
    b3: B3Form | None = None

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

    def b3_fields(self, span_id: str) -> Headers:
        """Return the fields of B3 for a service, whose parent is a span.

        https://github.com/openzipkin/b3-propagation
        """
        sampled = b"1" if self.sampled else b"0"
        trace, span = self.trace_id.encode(), span_id.encode()
        if self.b3 == "single":
            return ((b"b3", b"-".join((trace, span, sampled))),)
        return (
            (b"x-b3-traceid", trace),
            (b"x-b3-spanid", span),
            (b"x-b3-sampled", sampled),
        )
