"""The load of a port, for the metrics."""

from typing import Protocol


class Load(Protocol):
    """The current load of the data port."""

    @property
    def connections(self) -> int: ...

    @property
    def requests(self) -> int: ...
