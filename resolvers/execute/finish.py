"""The result for the client from the outcome of a run."""

from sys import maxsize
from typing import Final

from msgspec.structs import replace

from weir.gateway.json_types import JSONObject
from weir.resolvers.context import ExecutionContext
from weir.resolvers.execute.compiled.runtime import NotAsExpected
from weir.resolvers.execute.executable import Executable
from weir.resolvers.execute.response.error_report import ErrorReport
from weir.resolvers.execute.response.projection import (
    Projector,
    ResponseFails,
    TooManyValues,
)
from weir.resolvers.execute.response.shape import Shape
from weir.resolvers.execute.response.size import (
    bytes_of_texts,
    bytes_of_values,
    check_texts,
    most_values,
    structure_of,
    too_many_bytes,
)
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.execute.run.computing import Compute
from weir.resolvers.execute.run.program import PlanOutcome
from weir.resolvers.execute.run.service_failures import service_failures
from weir.resolvers.limit_excess import LimitExcess
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.provenance import provenance_of_operation
from weir.resolvers.response_limits import ResponseLimits

MANY_VALUES: Final = 20_000
"""More of them take longer than 10 ms."""


async def finish_large(
    executable: Executable,
    outcome: PlanOutcome,
    context: ExecutionContext,
    compute: Compute,
) -> ExecutionResult:
    """Return the same as `finish`, by `compute`, so that other requests go on.

    Raises `ResponseTooLarge`.
    """
    limit = context.response_limits.size_bytes
    try:
        return await compute(
            lambda work: finish(executable, outcome, context, most_values(limit), work),
            context.request.client,
            outcome.reply_bytes,
        )
    except TooManyValues:
        raise too_many_bytes(limit) from None


def finish(
    executable: Executable,
    outcome: PlanOutcome,
    context: ExecutionContext,
    most: int,
    work: WorkBudget,
) -> ExecutionResult:
    """Return the response in the shape of the operation, with all errors.

    Raises `TooManyValues` for more than `most` values, `ResponseTooLarge`, and
    `Cancelled`.
    """
    shape = executable.shape.of(context.variables)
    failures, root = outcome.failures, outcome.root
    projector = Projector(None, most, work)
    data = None if failures else _compiled(projector, shape, root)
    errors: tuple[JSONObject, ...] = ()
    degraded: tuple[JSONObject, ...] = ()
    if data is None:
        report = ErrorReport(failures, shape.selection, root, masked=context.masked)
        projector = Projector(report.coverage if failures else None, most, work)
        data = _shown(projector, shape, root)
        errors = (*report.errors(projector.degraded_paths), *projector.errors())
        if data is not None:
            degraded = (*projector.degraded(), *report.stale())
    has_failed = bool(errors or degraded)
    limits = context.response_limits
    limit = limits.size_bytes
    if _may_exceed(limit, projector, executable, outcome):
        check_texts(data, limit)
    if limits.items is not None or limits.levels is not None:
        structure_of(data).check(limits)
    excess: LimitExcess | None = None
    if context.measured_limits is not None:
        excess = _excess(context.measured_limits, data, projector, executable, outcome)
    provenance = provenance_of_operation(
        outcome.provenances, context.request, is_restricted=executable.is_restricted
    )
    control = provenance.cache_control
    if has_failed or executable.is_conditional:
        control = replace(control, no_store=True)
    return ExecutionResult(
        data=data,
        errors=errors,
        degraded=degraded,
        failures=(
            service_failures(failures, projector.misfits()) if has_failed else ()
        ),
        completed=not has_failed,
        cache_control=control,
        vary=provenance.vary,
        age_s=provenance.age_s,
        cache=provenance.cache,
        cost=(
            None if context.cost is None else context.cost.report(outcome.root, work)
        ),
        excess=excess,
    )


def _may_exceed(
    limit_bytes: int, projector: Projector, executable: Executable, outcome: PlanOutcome
) -> bool:
    """Return whether the texts of the response may be longer than a limit.

    No text is longer than all replies together. All texts are not longer than the
    replies at all places, unless the operation selects one of them under two names.
    """
    return projector.values * outcome.reply_bytes > limit_bytes and (
        executable.shape.repeats_fields or outcome.placed_bytes > limit_bytes
    )


def _excess(
    limits: ResponseLimits,
    data: JSONObject | None,
    projector: Projector,
    executable: Executable,
    outcome: PlanOutcome,
) -> LimitExcess | None:
    """Return the first limit that a response exceeds."""
    size = bytes_of_values(projector.values)
    if _may_exceed(limits.size_bytes, projector, executable, outcome):
        size = max(size, bytes_of_texts(data, maxsize))
    if size > limits.size_bytes:
        return LimitExcess("bytes in the response", size, limits.size_bytes)
    if limits.items is None and limits.levels is None:
        return None
    return structure_of(data).excess(limits)


def _shown(projector: Projector, shape: Shape, root: JSONObject) -> JSONObject | None:
    """Project by the interpreter; return None if the whole response fails."""
    try:
        return projector.show(shape.selection, root, None)
    except ResponseFails:
        return None


def _compiled(
    projector: Projector, shape: Shape, root: JSONObject
) -> JSONObject | None:
    """Project by compiled code; return None if there is none, or it cannot."""
    if shape.project is None:
        return None
    try:
        return shape.project(root, projector)
    except (NotAsExpected, TooManyValues):  # code counts more values than there are
        return None
