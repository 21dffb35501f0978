"""The number of writes, by which a request knows whether a call began before one."""

from dataclasses import dataclass


@dataclass(slots=True)
class Writes:
    """The writes through this process that have `ended`."""

    ended: int = 0
