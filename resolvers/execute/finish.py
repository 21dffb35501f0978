"""From the outcome of a run to the result for the client, whatever ran the plan."""

from dataclasses import replace

from weir.gateway.json_types import JSONObject
from weir.resolvers.context import ExecutionContext
from weir.resolvers.execute.error_report import ErrorReport
from weir.resolvers.execute.executable import Executable
from weir.resolvers.execute.program import PlanOutcome
from weir.resolvers.execute.projection import Projector
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.provenance import provenance_of_operation


def finish(
    executable: Executable, outcome: PlanOutcome, context: ExecutionContext
) -> ExecutionResult:
    """Return the response in the shape of the operation, with all that went wrong."""
    data, errors = _project(executable, outcome, context)
    provenance = provenance_of_operation(outcome.provenances, context.request)
    control = provenance.cache_control
    return ExecutionResult(
        data=data,
        errors=errors,
        completed=not errors,
        cache_control=replace(control, no_store=True) if errors else control,
        vary=provenance.vary,
        age_s=provenance.age_s,
        cache=provenance.cache,
    )


def _project(
    executable: Executable, outcome: PlanOutcome, context: ExecutionContext
) -> tuple[JSONObject | None, tuple[JSONObject, ...]]:
    shape = executable.shape.of(context.variables)
    if not outcome.failures:
        projector = Projector(context.variables, None)
        return projector.show(shape, outcome.root, None), tuple(projector.errors())
    report = ErrorReport(outcome.failures, shape, outcome.root, masked=context.masked)
    projector = Projector(context.variables, report.coverage)
    data = projector.show(shape, outcome.root, None)
    return data, (*report.errors(), *projector.errors())
