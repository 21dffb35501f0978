"""Run a plan: each fetch as soon as what it needs is there.

    calls     which requests a fetch takes now, its entities represented once each
    fetch     the source answers, or raises what has gone wrong
    accept    the reply is merged into the one response
    finish    errors in the client's terms, projection, and what to tell of it all

The plan is a graph. Whoever ends a fetch goes on with the fetches that waited for it
alone: the last of them in place, the others as tasks of their own. So a chain of
fetches is a chain of awaits, and a plan without forks needs no task at all.
"""

import asyncio
from dataclasses import replace

from gateway.errors import WeirError
from gateway.headers import Headers
from gateway.telemetry.events import FetchFinished
from resolvers.context import ExecutionContext
from resolvers.execute.accept import accept
from resolvers.execute.executable import Executable
from resolvers.execute.projection import Run
from resolvers.execute.result import ExecutionResult
from resolvers.execute.step import Call, Step
from resolvers.execute.subgraph_errors import ErrorReport, Failed, Failure, Reported
from resolvers.json_types import JSONObject
from resolvers.plan.nodes import OperationKind
from resolvers.provenance import provenance_of_operation
from resolvers.sources.source import BoundFetch, Reply


async def execute(
    executable: Executable,
    fetches: tuple[BoundFetch, ...],
    context: ExecutionContext,
    root: JSONObject | None = None,
) -> ExecutionResult:
    """Answer an operation; whatever sources do, the result is the best there is.

    `root` is what is known already (a subscription's event, under canonical keys); it
    is taken over. Being cancelled cancels every fetch.
    """
    execution = _Execution(executable, fetches, context, {} if root is None else root)
    is_event = root is not None and executable.plan.kind is OperationKind.SUBSCRIPTION
    try:
        await execution.run(done=executable.steps[:1] if is_event else ())
    except asyncio.CancelledError:
        context.loaders.close()
        raise
    return execution.result()


class _Execution:
    """One run of one plan: the response as it grows, and what went wrong."""

    def __init__(
        self,
        executable: Executable,
        fetches: tuple[BoundFetch, ...],
        context: ExecutionContext,
        root: JSONObject,
    ) -> None:
        self._executable = executable
        self._fetches = fetches
        self._context = context
        self._root = root
        self._waiting = [step.parents for step in executable.steps]
        self._tasks: asyncio.TaskGroup | None = None
        self._replies: list[tuple[int, str, Reply]] = []
        self._failures: list[tuple[int, Failure]] = []
        self._tells_fetches = context.request.sink.wants(FetchFinished)

    async def run(self, *, done: tuple[Step, ...]) -> None:
        """Run every step except those that are `done`."""
        ready = [index for index, parents in enumerate(self._waiting) if not parents]
        for index, _ in enumerate(done):
            ready.remove(index)
            ready += self._released_by(index)
        if self._executable.is_linear:
            await self._run(ready)
            return
        async with asyncio.TaskGroup() as self._tasks:
            await self._run(ready)

    async def _run(self, ready: list[int]) -> None:
        while ready:
            *others, last = ready
            for index in others:
                self._spawn(index)
            await self._run_step(last)
            ready = self._released_by(last)

    def _spawn(self, index: int) -> None:
        assert self._tasks is not None, "a linear plan never forks"
        self._tasks.create_task(self._run([index]))

    def _released_by(self, index: int) -> list[int]:
        """Return the steps that waited for this one alone by now."""
        released: list[int] = []
        for child in self._executable.steps[index].children:
            self._waiting[child] -= 1
            if not self._waiting[child]:
                released.append(child)
        return released

    async def _run_step(self, index: int) -> None:
        step = self._executable.steps[index]
        calls = step.calls(self._root, self._context.variables)
        if len(calls) == 1:
            await self._call(index, step, calls[0])
        elif calls:
            async with asyncio.TaskGroup() as tasks:
                for call in calls:
                    tasks.create_task(self._call(index, step, call))

    async def _call(self, index: int, step: Step, call: Call) -> None:
        started_s = self._context.clock.monotonic_s() if self._tells_fetches else 0.0
        failure = await self._fetch(index, step, call)
        if failure is not None:
            self._failures.append((index, failure))
        if self._tells_fetches:
            self._tell_fetch(step, call, failure, started_s)

    async def _fetch(self, index: int, step: Step, call: Call) -> Failure | None:
        try:
            reply = await self._fetches[index](call.variables, self._context)
        except WeirError as error:
            return Failed(step, call, error)
        self._replies.append((index, step.fetch.subgraph, reply))
        shares = self._executable.shares_entities
        return accept(self._root, step, call, reply, shares=shares)

    def _tell_fetch(
        self, step: Step, call: Call, failure: Failure | None, started_s: float
    ) -> None:
        request = self._context.request
        request.sink.emit(
            FetchFinished(
                request_id=request.request_id,
                trace_id=request.trace.trace_id,
                subgraph=step.fetch.subgraph,
                entities=call.entities,
                errors=_error_count(failure),
                started_s=started_s,
                ended_s=self._context.clock.monotonic_s(),
            )
        )

    def result(self) -> ExecutionResult:
        """Show the response as the client asked for it."""
        variables = self._context.variables
        shape = self._executable.shape.of(variables)
        report = ErrorReport(shape, self._root, self._context.masked)
        # Told in the plan's order, whichever fetch ended first.
        for _, failure in sorted(self._failures, key=lambda each: each[0]):
            report.tell(failure)
        projection = Run(variables, report.failures)
        data = projection.root(shape, self._root)
        errors = (*report.errors, *projection.errors)
        replies = [reply.provenance for _, _, reply in self._replies]
        provenance = provenance_of_operation(replies, self._context.request)
        control = provenance.cache_control
        return ExecutionResult(
            data=data,
            errors=errors,
            missing=tuple(projection.missing),
            completed=not errors,
            cache_control=replace(control, no_store=True) if errors else control,
            vary=provenance.vary,
            age_s=provenance.age_s,
            cache=provenance.cache,
            headers=self._headers(),
        )

    def _headers(self) -> tuple[tuple[str, Headers], ...]:
        in_order = sorted(self._replies, key=lambda each: each[0])
        return tuple((subgraph, reply.headers) for _, subgraph, reply in in_order)


def _error_count(failure: Failure | None) -> int:
    match failure:
        case None:
            return 0
        case Failed():
            return 1
        case Reported(errors=errors):
            return len(errors)
