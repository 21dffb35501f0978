"""A validated operation, and its plans for different requests."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from weir.resolvers.cost.admission import MeasuredCost
from weir.resolvers.cost.operation_cost import OperationCost
from weir.resolvers.execute.binding import BoundPlan
from weir.resolvers.execute.executable import Executable
from weir.resolvers.limit_excess import LimitExcess
from weir.resolvers.lru_cache import LruCache
from weir.resolvers.operation.authorization import PERMITTED, Decision, NeededRights
from weir.resolvers.operation.operation import Operation
from weir.resolvers.operation.variables.coercion import VariableCoercion
from weir.resolvers.operation.variables.device_arguments import HiddenVariable

PLANS_PER_OPERATION = 32
"""Callers and labels of a graph rarely have more combinations."""


class RequestTraits(NamedTuple):
    """The properties of a request that the plan of an operation depends on.

    `labels` are the override labels that are active. `decision` has the fields that the
    caller may not select.
    """

    labels: frozenset[str] = frozenset()
    decision: Decision = PERMITTED


NO_TRAITS = RequestTraits()


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Prepared:
    """An operation that only needs variables to be executed.

    `cost` is missing if the view has no rules for costs.
    """

    operation: Operation
    executable: Executable
    bound: BoundPlan
    coercion: VariableCoercion
    hidden: tuple[HiddenVariable, ...]
    cost: MeasuredCost | None


@dataclass(frozen=True, slots=True)
class KnownOperation:
    """A validated operation, independent of the request.

    `cost` is missing if the view has no rules for costs. `excess` is the measured limit
    that its document exceeds. `plans` has the most recently used plans. Their number is
    bounded for each operation, so no operation evicts the plans of another one.
    """

    operation: Operation
    coercion: VariableCoercion
    hidden: tuple[HiddenVariable, ...]
    rights: NeededRights
    cost: OperationCost | None
    excess: LimitExcess | None = None
    plans: LruCache[RequestTraits, Prepared] = field(
        default_factory=lambda: LruCache[RequestTraits, Prepared](PLANS_PER_OPERATION)
    )

    def mapped(self, change: Callable[[Prepared], Prepared]) -> "KnownOperation":
        """Return the operation with each plan as `change` returns it."""
        return replace(self, plans=self.plans.mapped(change))
