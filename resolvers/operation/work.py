"""The budget of steps for the preparation of an operation, and its cancellation.

The cost of a document after validation also depends on the schema. A field of an
interface is visited for each type that implements it, and overlapping fragments on many
types multiply level by level. So these steps cannot be bounded beforehand, and are
counted while they run.

A thread cannot be interrupted from outside. So the event loop cancels the budget, and
the computation stops when it next spends from it. At the same places it can pause, so
that other computations are not delayed.
"""

from collections.abc import Callable

from msgspec import Struct

from weir.resolvers.operation.errors import LimitExceeded

MAX_STEPS = 1_000_000
"""About a second on one core. Real operations take a few thousand steps."""


class Cancelled(Exception):
    """The computation was cancelled. There is no result."""


def _continue() -> None:
    """Do not pause."""


class WorkBudget(Struct, eq=False):
    """The remaining steps of one operation's preparation, none once it is cancelled.

    `pause` is called often. It returns when the computation may continue.
    """

    steps: int = MAX_STEPS
    spent: int = 0
    pause: Callable[[], None] = _continue
    _cancelled: bool = False

    def cancel(self) -> None:
        """Make the next `check` or `spend` stop the computation, in any thread."""
        self._cancelled = True

    def check(self) -> None:
        """Pause if others wait. Raise `Cancelled` if the computation is cancelled."""
        self.pause()
        if self._cancelled:
            raise Cancelled

    def spend(self, steps: int = 1) -> None:
        """Count steps before they run. Raises `LimitExceeded` or `Cancelled`."""
        self.check()
        self.spent += steps
        if self.spent > self.steps:
            raise LimitExceeded(what="steps to prepare", found=0, limit=self.steps)
