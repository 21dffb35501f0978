"""Formatting of numbers with a unit, as weir.yaml writes them."""

from collections.abc import Callable, Mapping
from typing import Any, Final


def duration(seconds: float) -> str:
    """Return a duration as weir.yaml writes it."""
    # With all digits of a year in seconds, which `g` alone would round.
    return f"{seconds:.12g}s" if seconds >= 1 else f"{seconds * 1000:.12g}ms"


def size(count: int) -> str:
    """Return a number of bytes as weir.yaml writes it."""
    for unit, bytes_ in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if count % bytes_ == 0:
            return f"{count // bytes_}{unit}"
    return f"{count}B"


def percentage(share: float) -> str:
    """Return a fraction of one as weir.yaml writes it."""
    return f"{share * 100:g}%"


WRITTEN: Final[Mapping[str, Callable[[Any], str]]] = {
    "duration": duration,
    "size": size,
    "percentage": percentage,
}
"""The formatter of each kind of number."""
