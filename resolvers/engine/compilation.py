"""The compilation of plans that are used often, without a request that waits for it."""

import asyncio

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.errors import WeirError
from weir.gateway.events import PlanCompiled
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.execute.compiled.code import Code
from weir.resolvers.execute.compiled.code_folder import CodeFolder
from weir.resolvers.operation.work import Cancelled, WorkBudget


class Compilation:
    """The compilations of one engine, in the threads that prepare operations."""

    def __init__(self, queue: PreparationQueue, clock: Clock) -> None:
        self._queue = queue
        self._clock = clock
        self._running: set[asyncio.Task[None]] = set()

    def count_use(self, code: Code, context: RequestContext) -> None:
        """Count a use of a plan, and begin to compile it if it is due."""
        code.uses += 1
        if code.uses < code.due_at:
            return
        code.begin()
        task = asyncio.create_task(self._compile(code, context))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def compile_stored(self, code: Code, before: CodeFolder | None = None) -> None:
        """Compile the code of a stored operation in this thread, if it is not compiled.

        Code that was compiled `before` is read. The code is not evicted, because the
        operation is not.
        """
        if not code.is_stored:
            code.is_stored = True
            code.compile(WorkBudget(), before)
        self._queue.plans.add_code(code)

    async def close(self) -> None:
        """Stop all compilations, and wait for their end."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    async def _compile(self, code: Code, context: RequestContext) -> None:
        def compiled(work: WorkBudget) -> PlanCompiled:
            started_s = self._clock.monotonic_s()
            code.compile(work)
            return PlanCompiled(started_s=started_s, ended_s=self._clock.monotonic_s())

        try:
            event = await self._queue.run(compiled, context.client, 0)
        except (WeirError, Cancelled):
            # The queue is full, or is closed. The plan is interpreted meanwhile.
            code.drop()
        except asyncio.CancelledError:
            # The next generation may use the plan, too.
            code.drop()
            raise
        else:
            self._queue.plans.add_code(code)
            receive = context.sink.receiver(PlanCompiled)
            if receive is not None:
                receive(event)
