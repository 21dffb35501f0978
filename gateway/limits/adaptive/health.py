"""The health of a service, as a limit follows it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHealth:
    """The recent calls of a service.

    `breaker` is the state of its breaker for all clients, such as "open". `calls` are
    those in the window of the breaker, and `failed` is the number of those that failed.
    `latency_s` is that of recent responses, or None.
    """

    breaker: str = "closed"
    calls: int = 0
    failed: int = 0
    latency_s: float | None = None


ReadHealth: TypeAlias = Callable[[float, float], ServiceHealth]
"""Return the health of a service, by the time since which a latency is recent, and the
present time."""
