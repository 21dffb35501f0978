"""A parser of hostile bytes, with inputs to begin from."""

from collections.abc import Callable
from typing import NamedTuple


class FuzzTarget(NamedTuple):
    """A parser, whose only errors are those of the error table.

    It may return the kind of its result. `seeds` are inputs to mutate, and `tokens`
    pieces that belong to its language. `largest` is the limit of bytes of an input.
    """

    run: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    tokens: tuple[bytes, ...]
    largest: int = 16_384
