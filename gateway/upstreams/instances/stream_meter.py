"""The bytes of a stream, counted while they pass."""

from typing import Final

from weir.gateway.clock import Clock
from weir.gateway.events import EventSink, StreamPassed

_INTERVAL_S: Final = 10.0
"""Streams may be open for days, so that their bytes are not only counted at the end."""


class StreamMeter:
    """The bytes of one stream, which are emitted every few seconds and at the end."""

    __slots__ = ("_clock", "_due_s", "_received", "_sent", "_service", "_sink")

    def __init__(self, service: str, sink: EventSink, clock: Clock) -> None:
        self._service = service
        self._sink = sink
        self._clock = clock
        self._due_s = clock.monotonic_s() + _INTERVAL_S
        self._sent = self._received = 0

    def count(self, sent: int, received: int) -> None:
        """Count bytes that were sent to the service and received from it."""
        self._sent += sent
        self._received += received
        if self._clock.monotonic_s() >= self._due_s:
            self.report()

    def report(self) -> None:
        """Emit what was counted since the last time."""
        self._due_s = self._clock.monotonic_s() + _INTERVAL_S
        receive = self._sink.receiver(StreamPassed)
        if receive is not None and (self._sent or self._received):
            receive(
                StreamPassed(
                    upstream=self._service,
                    bytes_out=self._sent,
                    bytes_in=self._received,
                )
            )
        self._sent = self._received = 0
