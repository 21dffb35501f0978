"""The context that all stages of one planning run share."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from typing import Final

from weir.resolvers.operation.operation import Operation
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.plan.model.errors import BudgetExceeded
from weir.schema.graph.graph import Graph
from weir.schema.graph.nodes import Move, Node

_STEPS_OF_A_PATH: Final = 20
_STEPS_OF_A_CHECK: Final = 20


class TrialTooLong(Exception):
    """A trial considered more paths than it may."""


@dataclass(slots=True)
class Budget:
    """The steps of one planning run, drawn from those of the whole preparation.

    They are counted rather than timed, so that the plan of an operation never depends
    on the load of the machine. `paths` are the paths and goals considered so far.
    """

    work: WorkBudget = field(default_factory=WorkBudget)
    paths: int = 0
    _trial_ends: float = inf

    @property
    def is_half_spent(self) -> bool:
        """Whether work that only improves the plan should be skipped."""
        return self.work.spent * 2 > self.work.steps

    def spend(self) -> None:
        """Count one path or one goal.

        Raises the errors of `check`, and `TrialTooLong` within a trial.
        """
        self.paths += 1
        if self.paths > self._trial_ends:
            raise TrialTooLong
        self.check(_STEPS_OF_A_PATH)

    @contextmanager
    def trial(self, paths: int) -> Generator[None]:
        """Let `spend` end the work within after so many paths."""
        self._trial_ends = self.paths + paths
        try:
            yield
        finally:
            self._trial_ends = inf

    def check(self, steps: int = _STEPS_OF_A_CHECK) -> None:
        """Count work that is not a path.

        Raises `BudgetExceeded` or `Cancelled`.
        """
        if self.work.spent + steps > self.work.steps:
            raise BudgetExceeded(self.work.steps)
        self.work.spend(steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningContext:
    """The graph, the operation, and the active override labels."""

    graph: Graph
    operation: Operation
    overrides: frozenset[str] = frozenset()
    budget: Budget = field(default_factory=Budget)

    def move(self, node: Node, object_type: str, field_name: str) -> Move | None:
        """Return the open move along a field of a concrete type, or None."""
        concrete = node.at(object_type)
        move = concrete.moves.get(field_name) if concrete else None
        return move if move is not None and move.is_open(self.overrides) else None
