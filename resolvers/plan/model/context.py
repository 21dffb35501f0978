"""What every stage of one planning run knows."""

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
    """How long a plan may be looked for: ways to consider, and seconds.

    Of one run, and part of the preparation whose `work` it is: planning stops when that
    is cancelled. `clock` is monotonic, and read once per `look_every` looks.
    """

    paths: int = 200_000
    time_s: float = 5.0
    clock: Clock = perf_counter
    look_every: int = 256
    work: WorkBudget = field(default_factory=WorkBudget)
    _spent: int = 0
    _looks: int = 0
    _started_s: float = 0.0

    @property
    def is_half_spent(self) -> bool:
        """Say whether what is only for a better plan should be left out."""
        return self._spent * 2 > self.paths

    def spend(self) -> None:
        """Count one way, or one goal; raises as `look` does."""
        self._spent += 1
        if self._spent > self.paths:
            raise BudgetExceeded(what="paths to consider", limit=self.paths)
        self.look()

    def look(self) -> None:
        """Raise `BudgetExceeded` once the time is over, or `Cancelled`.

        For work that is not a way.
        """
        self.work.check()
        if self._looks == 0:
            self._started_s = self.clock()
        self._looks += 1
        is_time_to_look = self._looks % self.look_every == 0
        if is_time_to_look and self.clock() - self._started_s > self.time_s:
            raise BudgetExceeded(what="seconds", limit=self.time_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningContext:
    """The graph, the operation, and which override labels are active."""

    graph: Graph
    operation: Operation
    overrides: frozenset[str] = frozenset()
    budget: Budget = field(default_factory=Budget)

    def move(self, node: Node, object_type: str, field_name: str) -> Move | None:
        """Give the open move along a field of a concrete type, None if none."""
        concrete = node.at(object_type)
        move = concrete.moves.get(field_name) if concrete else None
        return move if move is not None and move.is_open(self.overrides) else None
