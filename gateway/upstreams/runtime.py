"""What the traffic layer takes from outside, injected for the sake of tests."""

from dataclasses import dataclass
from random import Random

from gateway.clock import Clock
from gateway.telemetry.events import EventSink


@dataclass(frozen=True, slots=True)
class Runtime:
    """Time, chance, and whom to tell; one for the process."""

    clock: Clock
    rng: Random
    sink: EventSink
