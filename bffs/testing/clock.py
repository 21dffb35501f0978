"""The clock of a test, which a test can advance."""

from weir.gateway.clock import SystemClock


class AdvancingClock:
    """The machine's clocks, ahead by what a test has advanced them."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._ahead_s = 0.0

    def monotonic_s(self) -> float:
        return self._clock.monotonic_s() + self._ahead_s

    def epoch_s(self) -> float:
        return self._clock.epoch_s() + self._ahead_s

    def advance(self, seconds: float) -> None:
        """Let time pass: stored responses age, and breakers may close."""
        self._ahead_s += seconds
