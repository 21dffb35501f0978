"""The execution of an operation: it runs the program and finishes the outcome."""

import asyncio
from collections.abc import Sequence

from weir.gateway.events import ExecutionFinished
from weir.resolvers.context import ExecutionContext
from weir.resolvers.execute.executable import Executable
from weir.resolvers.execute.finish import (
    MANY_VALUES,
    finish,
    finish_large,
)
from weir.resolvers.execute.response.projection import TooManyValues
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.execute.run.computing import LARGE_BYTES, Compute, in_thread
from weir.resolvers.execute.run.program import NOTHING_FETCHED
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.sources.source import BoundFetch


async def execute(
    executable: Executable,
    fetches: Sequence[BoundFetch],
    context: ExecutionContext,
    compute: Compute = in_thread,
) -> ExecutionResult:
    """Return the most complete result that the sources allow.

    `fetches` are those of the plan, in its order. Cancellation cancels every fetch.
    `compute` runs what would hold the event loop. Raises `ResponseTooLarge`.
    """
    started_s = context.clock.monotonic_s()
    try:
        # A mutation without a response would hide its changes.
        if executable.is_partial and _is_refused(executable, context):
            outcome = NOTHING_FETCHED
        else:
            outcome = await executable.code.program.run(fetches, context, {}, compute)
        if outcome.reply_bytes <= LARGE_BYTES:
            # Not a call of `suppress`: this is done for every operation.
            try:
                return finish(executable, outcome, context, MANY_VALUES, WorkBudget())
            except TooManyValues:
                pass
        return await finish_large(executable, outcome, context, compute)
    except asyncio.CancelledError:
        context.loaders.close()
        raise
    finally:
        _emit_time(started_s, context)


def _emit_time(started_s: float, context: ExecutionContext) -> None:
    receive = context.request.sink.receiver(ExecutionFinished)
    if receive is not None:
        ended_s = context.clock.monotonic_s()
        receive(ExecutionFinished(started_s=started_s, ended_s=ended_s))


def _is_refused(executable: Executable, context: ExecutionContext) -> bool:
    return executable.shape.of(context.variables).selection.is_refused
