"""The admission of an operation by its estimated cost, before a service is called."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from weir.gateway.context import RequestContext
from weir.gateway.events import CostExceeded, OperationCosted
from weir.gateway.limits.policy import CostLimit
from weir.resolvers.cost.errors import SlicingArgumentRequired, TooExpensive
from weir.resolvers.cost.lengths import RequiredSlice
from weir.resolvers.cost.operation_cost import OperationCost
from weir.resolvers.cost.report import CostReport, RunningCost, RunningPart
from weir.resolvers.cost.variable_costs import VariableCosts


@dataclass(frozen=True, slots=True)
class MeasuredCost:
    """The cost of an operation, and of its parts in limited subgraphs."""

    operation: OperationCost
    subgraphs: Mapping[str, OperationCost] = field(
        default_factory=dict[str, OperationCost]
    )


@dataclass(frozen=True, slots=True)
class CostLimits:
    """The limits of an operation, and of its parts."""

    operation: CostLimit
    subgraphs: Mapping[str, CostLimit] = field(default_factory=dict[str, CostLimit])


@dataclass(frozen=True, slots=True)
class Excess:
    """An estimate above its maximum, of an operation or of its part in a subgraph.

    `dearest` are fields with their costs, if it is rejected.
    """

    subgraph: str
    estimated: int
    maximum: int
    rejected: bool
    dearest: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Assessment:
    """The estimate of an operation, and the reasons to reject it."""

    running: RunningCost
    missing: list[tuple[RequiredSlice, int]]
    excesses: list[Excess]


def assess(limits: CostLimits, cost: MeasuredCost, costs: VariableCosts) -> Assessment:
    """Estimate the cost of an operation with these variables. Raises `Cancelled`."""
    whole = _running("", cost.operation, limits.operation, costs)
    parts = tuple(
        _running(name, each, limits.subgraphs[name], costs)
        for name, each in cost.subgraphs.items()
    )
    running = RunningCost(costs, whole, parts)
    enforced = limits.operation.enforced
    return Assessment(
        running,
        cost.operation.missing_slices(costs) if enforced else [],
        list(_excesses(running, limits)),
    )


def _running(
    subgraph: str, cost: OperationCost, limit: CostLimit, costs: VariableCosts
) -> RunningPart:
    return RunningPart(subgraph, cost, cost.estimate(costs), limit.maximum)


def _excesses(running: RunningCost, limits: CostLimits) -> Iterator[Excess]:
    for part in (running.whole, *running.parts):
        maximum = part.maximum
        if maximum is None or part.estimated <= maximum:
            continue
        of = limits.subgraphs[part.subgraph] if part.subgraph else limits.operation
        dearest = part.cost.dearest(running.costs) if of.enforced else []
        yield Excess(part.subgraph, part.estimated, maximum, of.enforced, dearest)


def admit(found: Assessment, operation: str, context: RequestContext) -> RunningCost:
    """Return the cost of an operation that may run, and report one that exceeds.

    Raises `SlicingArgumentRequired` or `TooExpensive` if the limit is enforced.
    """
    if found.missing:
        raise SlicingArgumentRequired(found.missing)
    for excess in found.excesses:
        _emit_exceeded(excess, operation, context)
    for excess in found.excesses:
        if excess.rejected:
            _emit_cost("", found.running.whole.estimated, None, context)
            raise TooExpensive(
                excess.subgraph, excess.estimated, excess.maximum, excess.dearest
            )
    return found.running


def emit_cost(report: CostReport, context: RequestContext) -> None:
    """Report the costs of an operation that has run."""
    _emit_cost("", report.estimated, report.actual, context)
    for name, part in report.subgraphs.items():
        _emit_cost(name, part.estimated, part.actual, context)


def _emit_cost(
    subgraph: str, estimated: int, actual: int | None, context: RequestContext
) -> None:
    receive = context.sink.receiver(OperationCosted)
    if receive is not None:
        receive(
            OperationCosted(
                client_type=context.client_type,
                subgraph=subgraph,
                estimated=estimated,
                actual=actual,
            )
        )


def _emit_exceeded(excess: Excess, operation: str, context: RequestContext) -> None:
    receive = context.sink.receiver(CostExceeded)
    if receive is not None:
        receive(
            CostExceeded(
                request_id=context.request_id,
                trace=context.trace,
                client_type=context.client_type,
                operation=operation,
                subgraph=excess.subgraph,
                estimated=excess.estimated,
                maximum=excess.maximum,
                rejected=excess.rejected,
            )
        )
