"""Shares of the requests of a route: which backend gets a request.

The backends divide the range from 0 to 1 in their order, each by its weight. A point
of the range, random or the hash of a key, belongs to one backend. If weight moves
between two neighbours, only the points between the old and the new border change sides,
so that the users of a growing canary stay there.
"""

from bisect import bisect_right
from collections.abc import Mapping
from hashlib import blake2b
from itertools import accumulate
from typing import Final

_BITS: Final = 53
"""The precision of a float."""


class Split:
    """The backends by their weights, of which one is above zero."""

    __slots__ = ("_borders", "names")

    def __init__(self, weights: Mapping[str, int]) -> None:
        used = {name: weight for name, weight in weights.items() if weight}
        total = sum(used.values())
        self.names = tuple(used)
        self._borders = [each / total for each in accumulate(used.values())][:-1]

    def backend(self, point: float) -> str:
        """Return the backend of a point, which is at least 0 and below 1."""
        return self.names[bisect_right(self._borders, point)]


def point_of(key: bytes, salt: bytes) -> float:
    """Return the point of a key; with different salts, points are independent."""
    digest = blake2b(key, digest_size=8, salt=salt[:16]).digest()
    return (int.from_bytes(digest) >> (64 - _BITS)) / (1 << _BITS)
