"""Clocks for tests: one that moves when told to, and one whose wall clock is wrong."""

from weir.gateway.clock import SystemClock


class FakeClock:
    """Moves by `advance`, and its wall clock alone by `set_wall_clock`."""

    def __init__(self, now_s: float = 1000.0) -> None:
        self.now_s = now_s
        self._wall_clock_ahead_s = 0.0

    def monotonic_s(self) -> float:
        return self.now_s

    def epoch_s(self) -> float:
        return 1_750_000_000.0 + self.now_s + self._wall_clock_ahead_s

    def advance(self, seconds: float) -> None:
        self.now_s += seconds

    def set_wall_clock(self, ahead_s: float) -> None:
        """Set the wall clock ahead of the time, or back behind it."""
        self._wall_clock_ahead_s = ahead_s


class WrongClock(SystemClock):
    """The machine's clocks, with a wall clock that is ahead of the time, or behind."""

    def __init__(self, ahead_s: float) -> None:
        self.ahead_s = ahead_s

    def epoch_s(self) -> float:
        return SystemClock.epoch_s() + self.ahead_s
