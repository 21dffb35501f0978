"""The steps that preparing an operation may take.

What a document costs after validation depends on the schema as well: a field of an
interface is looked at for each type that implements it, and overlapping fragments on
many types multiply level by level. So that work is not bounded beforehand, but counted
where it is done.
"""

from dataclasses import dataclass

from weir.resolvers.operation.errors import LimitExceeded

MAX_STEPS = 500_000
"""About half a second on one core; real operations take a few thousand."""


@dataclass(slots=True)
class WorkBudget:
    """The steps that are left of one operation's preparation."""

    steps: int = MAX_STEPS
    spent: int = 0

    def spend(self, steps: int = 1) -> None:
        """Count steps, before they are taken; raises `LimitExceeded`."""
        self.spent += steps
        if self.spent > self.steps:
            raise LimitExceeded(what="steps to normalise", found=0, limit=self.steps)
