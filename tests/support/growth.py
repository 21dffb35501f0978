"""How the cost of a computation grows with the size of its input.

Time includes what C code does, and varies with the machine. Executed opcodes are exact,
but blind to what C code does.
"""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf, log
from time import thread_time
from types import FrameType
from typing import Any, Final, NamedTuple, TypeVar

_T = TypeVar("_T")

LINEAR: Final = 1.3
"""The greatest exponent that still counts as linear growth."""
_MEASUREMENTS: Final = 6
_FITTED: Final = 5
"""Below the largest sizes, constant costs hide how the others grow."""
_TOO_LONG_S: Final = 0.5


@dataclass(frozen=True)
class Sizes:
    """The sizes to measure at, and how often; the least of the `runs` counts."""

    smallest: int = 256
    doublings: int = 8
    runs: int = 5

    def __iter__(self) -> Iterator[int]:
        return (self.smallest << doubling for doubling in range(self.doublings + 1))


FULL: Final = Sizes()
QUICK: Final = Sizes(smallest=4096, doublings=3, runs=3)
IN_CACHE: Final = Sizes(smallest=16)
"""For objects of Python, of which more leave the caches that other processes fill."""
SMALL: Final = Sizes(smallest=2)
"""For what takes milliseconds for each unit of size, or is traced."""


class Growing(NamedTuple):
    """A parser, and its input of any size, with the sizes to measure at."""

    compute: Callable[[Any], object]
    make: Callable[[int], Any]
    sizes: Sizes = FULL
    traced: Sizes = Sizes(16)


class Growth(NamedTuple):
    """The exponents by which CPU time and executed opcodes grow."""

    time: float
    opcodes: float


def growth_of(
    parser: Growing, sizes: Sizes | None = None, traced: Sizes | None = None
) -> Growth:
    """Measure a parser at its own sizes, or at others."""
    return Growth(
        growth_exponent(parser.compute, parser.make, sizes or parser.sizes),
        opcode_growth_exponent(parser.compute, parser.make, traced or parser.traced),
    )


def growth_exponent(
    compute: Callable[[_T], object], make: Callable[[int], _T], sizes: Sizes = FULL
) -> float:
    """Return the exponent by which the CPU time grows with the size of the input.

    What looks steeper than linear is measured again, as a busy machine's caches can
    make it so: the least of the exponents counts.
    """
    exponent = inf
    for _ in range(_MEASUREMENTS):
        exponent = min(exponent, _measured(compute, make, sizes))
        if exponent <= LINEAR:
            break
    return exponent


def opcode_growth_exponent(
    compute: Callable[[_T], object], make: Callable[[int], _T], sizes: Sizes = SMALL
) -> float:
    """Return the exponent by which the number of executed opcodes grows."""
    points = [
        (log(size), log(max(1, executed_opcodes(compute, make(size)))))
        for size in sizes
    ]
    return _slope(points[-_FITTED:])


def executed_opcodes(compute: Callable[[_T], object], value: _T) -> int:
    """Count the opcodes of Python code that `compute` executes."""
    executed = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal executed
        if event == "call":
            frame.f_trace_opcodes = True
            frame.f_trace_lines = False
        executed += event == "opcode"
        return trace

    before = sys.gettrace()
    with _without_collections():
        sys.settrace(trace)
        try:
            compute(value)
        finally:
            sys.settrace(before)
    return executed


def _measured(
    compute: Callable[[_T], object], make: Callable[[int], _T], sizes: Sizes
) -> float:
    """Measure once.

    A run that takes half a second ends the measurement, as nothing linear takes that
    long at these sizes.
    """
    points: list[tuple[float, float]] = []
    for size in sizes:
        value = make(size)
        taken_s = min(_taken_s(compute, value) for _ in range(sizes.runs))
        points.append((log(size), log(taken_s)))
        if taken_s > _TOO_LONG_S:
            break
    return _slope(points[-_FITTED:])


def _taken_s(compute: Callable[[_T], object], value: _T) -> float:
    with _without_collections():
        started_s = thread_time()
        compute(value)
        return max(thread_time() - started_s, 1e-9)


@contextmanager
def _without_collections() -> Iterator[None]:
    """Keep the time of collections, and the opcodes of their callbacks, out of it."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _slope(points: list[tuple[float, float]]) -> float:
    """Return the slope of the least-squares line."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    covariance = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return covariance / sum((x - mean_x) ** 2 for x, _ in points)
