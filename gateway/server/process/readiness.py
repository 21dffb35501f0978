"""The phase of the process, which `/ready` reports."""

from collections.abc import Callable
from enum import Enum


class Phase(Enum):
    """Starting, then ready, then draining; never back."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


class Readiness:
    """The phase, written by the server and read by the control port.

    `serves` returns whether the data port is served, after the start. It is not while
    none of the workers runs.
    """

    __slots__ = ("phase", "serves")

    def __init__(self) -> None:
        self.phase = Phase.STARTING
        self.serves: Callable[[], bool] = lambda: True

    @property
    def ready(self) -> bool:
        return self.phase is Phase.READY and self.serves()

    @property
    def shown(self) -> Phase:
        """The phase for clients: a process that does not serve is starting again."""
        if self.phase is Phase.READY and not self.serves():
            return Phase.STARTING
        return self.phase
