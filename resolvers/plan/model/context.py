"""The context that all stages of one planning run share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeAlias

from weir.resolvers.operation.operation import Operation
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.plan.model.errors import BudgetExceeded
from weir.schema.graph.graph import Graph
from weir.schema.graph.nodes import Move, Node

Clock: TypeAlias = Callable[[], float]


@dataclass(slots=True)
class Budget:
    """The limits of one planning run: the paths to consider, and the seconds.

    `work` is the budget of the whole preparation: planning stops if that is cancelled.
    `clock` is monotonic, and read in one of `check_every` checks.
    """

    paths: int = 200_000
    time_s: float = 5.0
    clock: Clock = perf_counter
    check_every: int = 256
    work: WorkBudget = field(default_factory=WorkBudget)
    _spent: int = 0
    _checks: int = 0
    _started_s: float = 0.0

    @property
    def is_half_spent(self) -> bool:
        """Whether work that only improves the plan should be skipped."""
        return self._spent * 2 > self.paths

    def spend(self) -> None:
        """Count one path or one goal. Raises the errors of `check`."""
        self._spent += 1
        if self._spent > self.paths:
            raise BudgetExceeded(what="paths to consider", limit=self.paths)
        self.check()

    def check(self) -> None:
        """Check the time and the cancellation, for work that is not a path.

        Raises `BudgetExceeded` or `Cancelled`.
        """
        self.work.check()
        if self._checks == 0:
            self._started_s = self.clock()
        self._checks += 1
        is_time_to_check = self._checks % self.check_every == 0
        if is_time_to_check and self.clock() - self._started_s > self.time_s:
            raise BudgetExceeded(what="seconds", limit=self.time_s)


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
