"""The calls that wait before they may be sent to a service, and their events."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.step_event import emit_step
from weir.gateway.transport.message import UpstreamRequest

_QUEUE: Final = "queue"


class CallWaits:
    """The waits of the calls to one service; `count` is the number of them now."""

    __slots__ = ("_clock", "_service", "count")

    def __init__(self, service: str, clock: Clock) -> None:
        self._service = service
        self._clock = clock
        self.count = 0

    @contextmanager
    def reported(
        self, request: UpstreamRequest, context: RequestContext
    ) -> Generator[None]:
        """Count a call that waits in this block, and emit the time of it."""
        started_s = self._clock.monotonic_s()
        self.count += 1
        try:
            yield
        finally:
            self.count -= 1
            emit_step(
                _QUEUE,
                started_s,
                self._clock.monotonic_s(),
                context,
                service=self._service,
                parent_id=request.parent_id,
            )
