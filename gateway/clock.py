"""The source of time; injected, so that what decides can be tested by tables."""

import time
from typing import Protocol


class Clock(Protocol):
    """A source of the time."""

    def monotonic_s(self) -> float:
        """Return monotonic seconds, for deadlines and durations."""
        ...

    def epoch_s(self) -> float:
        """Return the seconds since 1970-01-01 UTC, for logs, Date and Age only."""
        ...


class SystemClock:
    """The machine's clocks."""

    __slots__ = ()

    # The functions themselves: a dozen readings a request are worth no frame each.
    monotonic_s = staticmethod(time.monotonic)
    epoch_s = staticmethod(time.time)  # noqa: TID251 - the Clock that others inject
