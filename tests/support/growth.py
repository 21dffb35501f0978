"""How the cost of a computation grows with the size of its input."""

import gc
from collections.abc import Callable
from math import inf, log
from time import thread_time
from typing import Final, TypeVar

_T = TypeVar("_T")

LINEAR: Final = 1.3
"""The greatest exponent that still counts as linear growth."""
_DOUBLINGS: Final = 8
_RUNS: Final = 5
_MEASUREMENTS: Final = 3
_FITTED: Final = 5
"""Below the largest sizes, constant costs hide how the others grow."""
_TOO_LONG_S: Final = 0.5


def growth_exponent(
    compute: Callable[[_T], object], make: Callable[[int], _T], smallest: int = 256
) -> float:
    """Return the exponent of the CPU time over sizes from `smallest`, doubled 8 times.

    What looks steeper than linear is measured again, as a busy machine's caches can
    make it so: the least of three exponents counts.
    """
    exponent = inf
    for _ in range(_MEASUREMENTS):
        exponent = min(exponent, _measured(compute, make, smallest))
        if exponent <= LINEAR:
            break
    return exponent


def _measured(
    compute: Callable[[_T], object], make: Callable[[int], _T], smallest: int
) -> float:
    """Measure once; each size counts with the least of 5 runs.

    A run that takes half a second ends the measurement, as nothing linear takes that
    long at these sizes.
    """
    points: list[tuple[float, float]] = []
    for doubling in range(_DOUBLINGS + 1):
        size = smallest << doubling
        value = make(size)
        taken_s = min(_taken_s(compute, value) for _ in range(_RUNS))
        points.append((log(size), log(taken_s)))
        if taken_s > _TOO_LONG_S:
            break
    return _slope(points[-_FITTED:])


def _taken_s(compute: Callable[[_T], object], value: _T) -> float:
    gc.disable()
    try:
        started_s = thread_time()
        compute(value)
        return max(thread_time() - started_s, 1e-9)
    finally:
        gc.enable()


def _slope(points: list[tuple[float, float]]) -> float:
    """Return the slope of the least-squares line."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    covariance = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return covariance / sum((x - mean_x) ** 2 for x, _ in points)
