"""Labels whose values come from outside: bounded, so that the series are bounded."""

from typing import Final

OTHER: Final = "other"
"""The value that stands for all beyond the bound."""


class BoundedLabel:
    """The first `most` values of a label; the rest are `OTHER`."""

    __slots__ = ("_most", "_values")

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: set[str] = set()

    def label(self, value: str) -> str:
        """Return the value, or `OTHER` if there are too many."""
        if value in self._values:
            return value
        if len(self._values) >= self._most:
            return OTHER
        self._values.add(value)
        return value
