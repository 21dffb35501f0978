"""The bytes and the frames of a stream, counted while they pass."""

from typing import Final

from weir.gateway.clock import Clock
from weir.gateway.events import EventSink, StreamPassed

_INTERVAL_S: Final = 10.0
"""Streams may be open for days, so that their bytes are not only counted at the end."""


class StreamMeter:
    """The bytes and frames of a stream, emitted every few seconds and at its end.

    Only connections of WebSocket have frames.
    """

    __slots__ = (
        "_clock",
        "_due_s",
        "_frames_in",
        "_frames_out",
        "_received",
        "_sent",
        "_service",
        "_sink",
    )

    def __init__(self, service: str, sink: EventSink, clock: Clock) -> None:
        self._service = service
        self._sink = sink
        self._clock = clock
        self._due_s = clock.monotonic_s() + _INTERVAL_S
        self._reset()

    def count(
        self, sent: int, received: int, frames_out: int = 0, frames_in: int = 0
    ) -> None:
        """Count bytes and frames to the service and from it."""
        self._sent += sent
        self._received += received
        self._frames_out += frames_out
        self._frames_in += frames_in
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
                    frames_out=self._frames_out,
                    frames_in=self._frames_in,
                )
            )
        self._reset()

    def _reset(self) -> None:
        self._sent = self._received = self._frames_out = self._frames_in = 0
