"""The delay of the event loop, measured, and what it was busy with.

Everything that holds the loop delays all requests at once. A timer measures by how much
it is late. A thread looks at the stack of the loop's thread while a delay lasts. The
loop itself can only report a delay when it is over.
"""

import asyncio
import sys
import threading
from time import monotonic, thread_time
from types import FrameType
from typing import Final

from weir.gateway.events import EventLoopStalled, EventSink

STALL_S: Final = 0.1
_BEAT_S: Final = 0.05
_WINDOW_S: Final = 15.0
_FRAMES: Final = 20


class LoopWatch:
    """A watch of the loop on which it is made, until `close`."""

    def __init__(self, sink: EventSink) -> None:
        self._receive = sink.receiver(EventLoopStalled)
        self._loop = asyncio.get_running_loop()
        self._watched = threading.get_ident()
        self._due_s = monotonic() + _BEAT_S
        self._cpu_s = thread_time()
        self._stack: tuple[str, ...] = ()
        self._closed = threading.Event()
        self._window_ends_s = 0.0
        self._longest_s = self._longest_before_s = 0.0
        self._beat = self._loop.call_later(_BEAT_S, self._measure)
        thread = threading.Thread(target=self._look, name="weir-watch", daemon=True)
        thread.start()

    @property
    def lag_s(self) -> float:
        """The longest delay of the last 15 to 30 seconds."""
        return max(self._longest_s, self._longest_before_s)

    def close(self) -> None:
        self._closed.set()
        self._beat.cancel()

    def _measure(self) -> None:
        now_s = monotonic()
        lag_s = now_s - self._due_s
        if now_s > self._window_ends_s:
            self._window_ends_s = now_s + _WINDOW_S
            self._longest_before_s, self._longest_s = self._longest_s, 0.0
        self._longest_s = max(self._longest_s, lag_s)
        self._due_s = now_s + _BEAT_S
        stack, self._stack = self._stack, ()
        before_s, self._cpu_s = self._cpu_s, thread_time()
        if lag_s > STALL_S and self._receive is not None:
            cpu_s = self._cpu_s - before_s
            self._receive(
                EventLoopStalled(lag_s=lag_s, cpu_s=cpu_s, stack=stack, at_s=now_s)
            )
        self._beat = self._loop.call_later(_BEAT_S, self._measure)

    def _look(self) -> None:
        """Take the stack once a delay is a stall; runs in the thread."""
        while not self._closed.wait(_BEAT_S):
            if not self._stack and monotonic() - self._due_s > STALL_S:
                # There is no public way to see the stack of another thread.
                frames = sys._current_frames()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
                self._stack = _stack_of(frames.get(self._watched))


def _stack_of(frame: FrameType | None) -> tuple[str, ...]:
    """Return the innermost frames, the innermost first."""
    frames: list[str] = []
    while frame is not None and len(frames) < _FRAMES:
        code = frame.f_code
        module = frame.f_globals.get("__name__", "?")
        frames.append(f"{module}.{code.co_qualname}:{frame.f_lineno}")
        frame = frame.f_back
    return tuple(frames)
