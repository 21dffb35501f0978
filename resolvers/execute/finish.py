"""The result for the client from the outcome of a run."""

import asyncio
from dataclasses import replace
from typing import Final

from weir.resolvers.context import ExecutionContext
from weir.resolvers.errors import ResponseTooLarge
from weir.resolvers.execute.error_report import ErrorReport
from weir.resolvers.execute.executable import Executable
from weir.resolvers.execute.program import PlanOutcome
from weir.resolvers.execute.projection import Projector, TooManyValues
from weir.resolvers.execute.response_size import check_texts, most_values
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.execute.service_failures import service_failures
from weir.resolvers.provenance import provenance_of_operation

LARGE_BYTES: Final = 128 * 1024
"""Replies of more bytes may take too long to be projected on the event loop."""
_MANY_VALUES: Final = 20_000
"""More of them take longer than 10 ms."""


def finish(
    executable: Executable,
    outcome: PlanOutcome,
    context: ExecutionContext,
    most: int = _MANY_VALUES,
) -> ExecutionResult:
    """Return the response in the shape of the operation, with all errors.

    Raises `TooManyValues` for more than `most` values, and `ResponseTooLarge`.
    """
    masked = context.masked
    shape = executable.shape.of(context.variables)
    if outcome.failures:
        report = ErrorReport(outcome.failures, shape, outcome.root, masked=masked)
        projector = Projector(report.coverage, most)
        data = projector.show(shape, outcome.root, None)
        errors = (*report.errors(), *projector.errors())
    else:
        projector = Projector(None, most)
        data = projector.show(shape, outcome.root, None)
        errors = tuple(projector.errors())
    limit = context.max_response_bytes
    check_texts(data, projector.values, outcome.reply_bytes, limit)
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


async def finish_large(
    executable: Executable, outcome: PlanOutcome, context: ExecutionContext
) -> ExecutionResult:
    """Return the same as `finish`, from a thread, so that other requests go on.

    Raises `ResponseTooLarge`.
    """
    limit = context.max_response_bytes
    try:
        return await asyncio.to_thread(
            finish, executable, outcome, context, most_values(limit)
        )
    except TooManyValues:
        raise ResponseTooLarge(limit) from None
