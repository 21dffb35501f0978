"""The work that preparing an operation may take, and the request to stop it.

What a document costs after validation depends on the schema as well: a field of an
interface is looked at for each type that implements it, and overlapping fragments on
many types multiply level by level. So that work is not bounded beforehand, but counted
where it is done.

A thread cannot be interrupted from outside. So the event loop cancels the budget, and
the computation stops the next time that it draws from it.
"""

from dataclasses import dataclass

from weir.resolvers.operation.errors import LimitExceeded

MAX_STEPS = 500_000
"""About half a second on one core; real operations take a few thousand."""


class Cancelled(Exception):
    """The computation was stopped on request; there is no result."""


@dataclass(slots=True)
class WorkBudget:
    """The steps that are left of one operation's preparation: none once cancelled."""

    steps: int = MAX_STEPS
    spent: int = 0
    _cancelled: bool = False

    def cancel(self) -> None:
        """Have the next `check` or `spend` stop the computation, in any thread."""
        self._cancelled = True

    def check(self) -> None:
        """Raise `Cancelled` if the computation is to stop."""
        if self._cancelled:
            raise Cancelled

    def spend(self, steps: int = 1) -> None:
        """Count steps, before they are taken; raises `LimitExceeded` or `Cancelled`."""
        self.check()
        self.spent += steps
        if self.spent > self.steps:
            raise LimitExceeded(what="steps to normalise", found=0, limit=self.steps)
