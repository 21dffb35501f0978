"""A clock that moves when told to."""


class FakeClock:
    def __init__(self, now_s: float = 1000.0) -> None:
        self.now_s = now_s

    def monotonic_s(self) -> float:
        return self.now_s

    def epoch_s(self) -> float:
        return 1_750_000_000.0 + self.now_s

    def advance(self, seconds: float) -> None:
        self.now_s += seconds
