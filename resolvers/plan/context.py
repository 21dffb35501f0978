"""What every stage of one planning run knows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeAlias

from resolvers.operation.operation import Operation
from resolvers.plan.errors import BudgetExceeded
from schema.graph.graph import Graph
from schema.graph.nodes import Move, Node

Clock: TypeAlias = Callable[[], float]
_TICKS_PER_LOOK_AT_THE_CLOCK = 256


@dataclass(slots=True)
class Budget:
    """How long a plan may be looked for: considered ways in, and seconds."""

    ways: int = 200_000
    time_s: float = 5.0
    clock: Clock = perf_counter
    _spent: int = 0
    _started_s: float | None = None

    def spend(self) -> None:
        """Count one step of the search; raises `BudgetExceeded`."""
        self._spent += 1
        if self._spent > self.ways:
            raise BudgetExceeded(what="ways to consider", limit=self.ways)
        if self._spent % _TICKS_PER_LOOK_AT_THE_CLOCK == 1:
            now_s = self.clock()
            self._started_s = self._started_s or now_s
            if now_s - self._started_s > self.time_s:
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
