"""The execution of an operation: its program is run, and the outcome finished."""

import asyncio
from collections.abc import Sequence

from resolvers.context import ExecutionContext
from resolvers.execute.executable import Executable
from resolvers.execute.finish import finish
from resolvers.execute.result import ExecutionResult
from resolvers.sources.source import BoundFetch


async def execute(
    executable: Executable, fetches: Sequence[BoundFetch], context: ExecutionContext
) -> ExecutionResult:
    """Return the most complete result that the sources allow.

    `fetches` are those of the plan, in its order. Being cancelled cancels every fetch.
    """
    try:
        run = await executable.program.run(fetches, context, {})
    except asyncio.CancelledError:
        context.loaders.close()
        raise
    return finish(executable, run, context)
