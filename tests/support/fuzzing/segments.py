"""The segments in which bytes arrive, chosen by the first byte of an input."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from tests.support.parsers.connections import segments

_SIZES: Final = (1, 3, 64, 10**9)
_SMALL_SEGMENTS: Final = 200
"""Each of them is a turn of the event loop of its own, so that many take no time."""


def chosen_segments(data: bytes) -> Iterator[bytes]:
    """Yield segments of one size, and the rest as the last one."""
    size = _SIZES[data[0] % len(_SIZES)] if data else 1
    yield from islice(segments(data[1:], size), _SMALL_SEGMENTS)
    if rest := data[1 + size * _SMALL_SEGMENTS :]:
        yield rest
