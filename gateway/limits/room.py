"""Room for one more key, where the number of keys is bounded.

A client that sends many keys must not make the gateway forget a busy one. So the
removed key is not always the oldest. Of the oldest few, it is the one whose state has
an effect for the shortest time, because it was used least.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, TypeVar

Value = TypeVar("Value")

_SWEPT: Final = 4
_COMPARED: Final = 4


def make_room(
    values: OrderedDict[bytes, Value], most: int, matters_s: Callable[[Value], float]
) -> None:
    """Remove oldest values without an effect, and one more if there are `most`.

    `values` are in the order of their last use. `matters_s` returns the time for which
    a value still has an effect. Compared values that are not removed count as used now.
    """
    for _ in range(_SWEPT):
        oldest = next(iter(values), None)
        if oldest is None or matters_s(values[oldest]) > 0:
            break
        del values[oldest]
    if len(values) < most:
        return
    compared = [values.popitem(last=False) for _ in range(min(_COMPARED, len(values)))]
    removed = min(compared, key=lambda each: matters_s(each[1]))
    values.update(each for each in compared if each is not removed)
