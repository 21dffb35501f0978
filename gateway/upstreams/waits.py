"""Events about calls that wait before they may be sent to a service."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.events import StepFinished
from weir.gateway.transport.message import UpstreamRequest

_QUEUE: Final = "queue"


@contextmanager
def reported_wait(
    service: str, request: UpstreamRequest, context: RequestContext, clock: Clock
) -> Generator[None]:
    """Emit the time of this block, in which a call waits for its turn."""
    started_s = clock.monotonic_s()
    try:
        yield
    finally:
        receive = context.sink.receiver(StepFinished)
        if receive is not None:
            receive(
                StepFinished(
                    request_id=context.request_id,
                    trace=context.trace,
                    parent_id=request.parent_id or context.trace.parent_id,
                    step=_QUEUE,
                    service=service,
                    started_s=started_s,
                    ended_s=clock.monotonic_s(),
                )
            )
