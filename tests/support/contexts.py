"""Request contexts for tests."""

from tests.support.calls import RecordingSink
from weir.gateway.context import RequestContext
from weir.gateway.trace_parent import TraceParent


def a_context(*, request_id: str = "r1", deadline_s: float = 1e9) -> RequestContext:
    return RequestContext(
        request_id=request_id,
        trace=TraceParent(trace_id="1" * 32, parent_id="2" * 16),
        client_type="web",
        generation_id="g1",
        deadline_s=deadline_s,
        sink=RecordingSink(),
    )
