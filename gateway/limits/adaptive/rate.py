"""The share of a limit that the health of a service allows.

Each second in which the service has trouble halves the share, down to a floor. Each
other second adds a twentieth of the limit. Trouble is one of these:

    breaker    it is open for all clients
    errors     a tenth of the recent calls have failed, of ten or more
    latency    twice in a row, it is more than twice the usual one, and 20 ms above it

The usual latency is an average of the last minutes. A service that remains slower is
therefore not slow forever. While the breaker is half-open, the share does not change.

No I/O: the time and the health are arguments.
"""

from math import floor
from typing import Final, Literal, TypeAlias

from weir.gateway.limits.adaptive.health import ServiceHealth

STEP_S: Final = 1.0
LESS: Final = 0.5
MORE: Final = 0.05
_FEW_CALLS: Final = 10
_FAILED_SHARE: Final = 0.1
_TIMES_USUAL: Final = 2.0
_MARGIN_S: Final = 0.02
_SMOOTHING: Final = 0.01

Trouble: TypeAlias = Literal["", "breaker", "errors", "latency"]


class AdaptiveRate:
    """The share of a limit, between `floor` and 1, in steps of a second."""

    __slots__ = ("_last_s", "_usual_s", "floor", "observed_s", "share", "trouble")

    def __init__(self, floor: float, now_s: float) -> None:
        self.floor = floor
        self.share = 1.0
        self.trouble: Trouble = ""
        """The reason why the share was lowered or held in the last step."""
        self.observed_s = now_s
        """The time of the last step."""
        self._usual_s = 0.0
        self._last_s = 0.0

    def is_due(self, now_s: float) -> bool:
        """Return whether a step has passed since the last one."""
        return now_s - self.observed_s >= STEP_S

    def observe(self, health: ServiceHealth, now_s: float) -> None:
        """Change the share, once for each step that has passed."""
        steps = floor((now_s - self.observed_s) / STEP_S)
        if steps <= 0:
            return
        self.observed_s = now_s
        self.trouble = self._trouble(health)
        if self.trouble:
            self.share = max(self.floor, self.share * LESS**steps)
        elif health.breaker == "closed":
            self.share = min(1.0, self.share + MORE * steps)

    def _trouble(self, health: ServiceHealth) -> Trouble:
        is_slow = self._is_slow(health.latency_s)
        if health.breaker == "open":
            return "breaker"
        enough = health.calls >= _FEW_CALLS
        if enough and health.failed >= _FAILED_SHARE * health.calls:
            return "errors"
        return "latency" if is_slow else ""

    def _is_slow(self, latency_s: float | None) -> bool:
        """Return whether the latency has risen, and learn what is usual."""
        if latency_s is None:
            self._last_s = 0.0
            return False
        least_s, self._last_s = min(latency_s, self._last_s), latency_s
        self._usual_s = self._usual_s or latency_s
        is_slow = least_s > _TIMES_USUAL * self._usual_s + _MARGIN_S
        self._usual_s += _SMOOTHING * (latency_s - self._usual_s)
        return is_slow
