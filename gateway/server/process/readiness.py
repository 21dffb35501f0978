"""The phase of the process, which `/ready` reports."""

from enum import Enum


class Phase(Enum):
    """Starting, then ready, then draining; never back."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


class Readiness:
    """The phase, written by the server and read by the control port."""

    __slots__ = ("phase",)

    def __init__(self) -> None:
        self.phase = Phase.STARTING

    @property
    def ready(self) -> bool:
        return self.phase is Phase.READY
