"""From the outcome of a run to the result for the client, whatever ran the plan."""

from dataclasses import replace

from weir.resolvers.context import ExecutionContext
from weir.resolvers.execute.error_report import ErrorReport
from weir.resolvers.execute.executable import Executable
from weir.resolvers.execute.program import Run
from weir.resolvers.execute.projection import Projector
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.provenance import provenance_of_operation


def finish(
    executable: Executable, run: Run, context: ExecutionContext
) -> ExecutionResult:
    """Return the response in the shape of the operation, with all that went wrong."""
    shape = executable.shape.of(context.variables)
    report = ErrorReport(shape, run.root, context.masked)
    for failure in run.failures:
        report.tell(failure)
    projector = Projector(context.variables, report.failures)
    data = projector.root(shape, run.root)
    errors = (*report.errors, *projector.errors)
    provenance = provenance_of_operation(run.provenances, context.request)
    control = provenance.cache_control
    return ExecutionResult(
        data=data,
        errors=errors,
        missing=tuple(projector.missing),
        completed=not errors,
        cache_control=replace(control, no_store=True) if errors else control,
        vary=provenance.vary,
        age_s=provenance.age_s,
        cache=provenance.cache,
    )
