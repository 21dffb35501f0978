"""The work that the rendering of one template may do.

A step is an item of a loop, a value of a list that a filter reads, or 64 characters of
a text.
"""

from time import monotonic
from typing import Final, Protocol

from weir.gateway.json_types import is_list, is_object
from weir.gateway.routes.bodies.errors import BodyError

BUDGET: Final = "_budget"
"""The name of the budget in the context of a template."""
_STEPS: Final = 100_000
_LONGEST_S: Final = 0.1
_STEPS_PER_LOOK: Final = 16
"""A single step takes a millisecond at most: that of a comparison of large values."""
_CHARACTERS: Final = 64


class TemplateBudget:
    """The steps that are left."""

    __slots__ = ("_end_s", "_next_look", "_steps")

    def __init__(self) -> None:
        self._steps = _STEPS
        self._next_look = _STEPS
        self._end_s = monotonic() + _LONGEST_S

    def spend(self, steps: int) -> None:
        """Count steps; raise BodyError at the limit of steps or of time."""
        self._steps -= steps
        if self._steps < 0:
            message = f"the template needs more than {_STEPS} steps"
            raise BodyError(message)
        if self._steps < self._next_look:
            self._next_look = self._steps - _STEPS_PER_LOOK
            if monotonic() > self._end_s:
                message = f"the template needs more than {_LONGEST_S} seconds"
                raise BodyError(message)


class _Values(Protocol):
    """The values of a template."""

    def __getitem__(self, key: str, /) -> object: ...


def spend(context: _Values, value: object) -> None:
    """Count the steps of the work on a value of a template with this context."""
    steps = 1
    if is_list(value) or is_object(value):
        steps += len(value)
    elif isinstance(value, str):
        steps += len(value) // _CHARACTERS
    budget = context[BUDGET]
    assert isinstance(budget, TemplateBudget), "a template is given its budget"
    budget.spend(steps)
