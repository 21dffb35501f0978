"""The event of a step for which a request had to wait, beside those of the pipeline."""

from weir.gateway.context import RequestContext
from weir.gateway.events import StepFinished


def emit_step(
    step: str,
    started_s: float,
    ended_s: float,
    context: RequestContext,
    *,
    service: str = "",
    parent_id: str = "",
) -> None:
    """Emit the times of a step; without a `parent_id`, it is one of the request."""
    receive = context.sink.receiver(StepFinished)
    if receive is not None:
        receive(
            StepFinished(
                request_id=context.request_id,
                trace=context.trace,
                parent_id=parent_id or context.trace.parent_id,
                step=step,
                service=service,
                started_s=started_s,
                ended_s=ended_s,
            )
        )
