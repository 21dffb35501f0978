"""The result for the client from the outcome of a run."""

from dataclasses import replace

from weir.resolvers.context import ExecutionContext
from weir.resolvers.execute.error_report import ErrorReport
from weir.resolvers.execute.executable import Executable
from weir.resolvers.execute.program import PlanOutcome
from weir.resolvers.execute.projection import Projector
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.execute.service_failures import service_failures
from weir.resolvers.provenance import provenance_of_operation


def finish(
    executable: Executable, outcome: PlanOutcome, context: ExecutionContext
) -> ExecutionResult:
    """Return the response in the shape of the operation, with all errors."""
    masked = context.masked
    shape = executable.shape.of(context.variables)
    if outcome.failures:
        report = ErrorReport(outcome.failures, shape, outcome.root, masked=masked)
        projector = Projector(report.coverage)
        data = projector.show(shape, outcome.root, None)
        errors = (*report.errors(), *projector.errors())
    else:
        projector = Projector(None)
        data = projector.show(shape, outcome.root, None)
        errors = tuple(projector.errors())
    provenance = provenance_of_operation(
        outcome.provenances, context.request, is_restricted=executable.is_restricted
    )
    control = provenance.cache_control
    return ExecutionResult(
        data=data,
        errors=errors,
        failures=(
            service_failures(outcome.failures, projector.misfits()) if errors else ()
        ),
        completed=not errors,
        cache_control=replace(control, no_store=True) if errors else control,
        vary=provenance.vary,
        age_s=provenance.age_s,
        cache=provenance.cache,
    )
