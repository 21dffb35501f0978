"""The interpreter of plans: each fetch as soon as its inputs are there.

    calls        which requests a fetch takes now, its entities represented once each
    fetch        the source replies, or raises what has gone wrong
    merge_reply  the reply is merged into the one response

The plan is a graph. The task that ends a fetch goes on with the fetches that waited for
it alone: the last of them in place, the others as tasks of their own. So a chain of
fetches is a chain of awaits, and a plan without forks needs no task at all.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from weir.gateway.errors import WeirError
from weir.gateway.events import FetchFinished
from weir.gateway.json_types import JSONObject
from weir.resolvers.context import ExecutionContext
from weir.resolvers.execute.failures import Failed, Failure, Unrepresented, error_count
from weir.resolvers.execute.merge_reply import merge_reply
from weir.resolvers.execute.program import PlanOutcome
from weir.resolvers.execute.step import Call, Step, prepare
from weir.resolvers.plan.model.nodes import Plan
from weir.resolvers.provenance import Provenance
from weir.resolvers.sources.source import BoundFetch


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A program that reads its plan step by step.

    `is_linear` says that no two of its steps can ever run side by side,
    `shares_entities` that objects may share what is below them.
    """

    steps: tuple[Step, ...]
    is_linear: bool
    shares_entities: bool

    async def run(
        self,
        fetches: Sequence[BoundFetch],
        context: ExecutionContext,
        root: JSONObject,
    ) -> PlanOutcome:
        interpretation = _Interpretation(self, fetches, context, root)
        await interpretation.run()
        return interpretation.outcome()


def interpreter(plan: Plan) -> Interpreter:
    """Prepare the steps of a plan."""
    steps = prepare(plan.fetches)
    return Interpreter(
        steps=steps,
        is_linear=sum(not step.parents for step in steps) <= 1
        and all(len(step.children) <= 1 for step in steps),
        # Below entities that differ by their ancestors nothing may be shared.
        shares_entities=not any(
            entities.contexts for fetch in plan.fetches for entities in fetch.entities
        ),
    )


class _Span(NamedTuple):
    """The span of a fetch under way."""

    id: str
    started_s: float


class _Interpretation:
    """One run of one plan: the response as it grows, and what went wrong."""

    __slots__ = (
        "_context",
        "_failures",
        "_fetches",
        "_program",
        "_provenances",
        "_root",
        "_tasks",
        "_tells_fetches",
        "_waiting",
    )

    def __init__(
        self,
        program: Interpreter,
        fetches: Sequence[BoundFetch],
        context: ExecutionContext,
        root: JSONObject,
    ) -> None:
        self._program = program
        self._fetches = fetches
        self._context = context
        self._root = root
        self._waiting = [step.parents for step in program.steps]
        self._tasks: asyncio.TaskGroup | None = None
        self._provenances: list[Provenance] = []
        self._failures: list[tuple[int, Failure]] = []
        self._tells_fetches = context.request.sink.wants(FetchFinished)

    async def run(self) -> None:
        ready = [index for index, parents in enumerate(self._waiting) if not parents]
        if self._program.is_linear:
            await self._run(ready)
            return
        async with asyncio.TaskGroup() as self._tasks:
            await self._run(ready)

    def outcome(self) -> PlanOutcome:
        in_order = sorted(self._failures, key=lambda each: each[0])
        failures = [failure for _, failure in in_order]
        return PlanOutcome(self._root, self._provenances, failures)

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
        for child in self._program.steps[index].children:
            self._waiting[child] -= 1
            if not self._waiting[child]:
                released.append(child)
        return released

    async def _run_step(self, index: int) -> None:
        step = self._program.steps[index]
        due = step.due(self._root, self._context.variables)
        if self._failures and any(batch.gaps for batch in due.batches):
            self._failures.append((index, Unrepresented(step, step.gaps(due))))
        if len(due.calls) == 1:
            await self._call(index, step, due.calls[0])
        elif due.calls:
            async with asyncio.TaskGroup() as tasks:
                for call in due.calls:
                    tasks.create_task(self._call(index, step, call))

    async def _call(self, index: int, step: Step, call: Call) -> None:
        context = self._context
        if self._tells_fetches:
            span = _Span(context.ids.span_id(), context.clock.monotonic_s())
            failure = await self._fetch(index, step, call, span.id)
            self._emit_fetch(step, call, failure, span)
        else:
            failure = await self._fetch(index, step, call, "")
        if failure is not None:
            self._failures.append((index, failure))

    async def _fetch(
        self, index: int, step: Step, call: Call, span_id: str
    ) -> Failure | None:
        try:
            reply = await self._fetches[index](call.variables, self._context, span_id)
        except WeirError as error:
            return Failed(step, call, error)
        self._provenances.append(reply.provenance)
        shares = self._program.shares_entities
        return merge_reply(self._root, step, call, reply, shares=shares)

    def _emit_fetch(
        self, step: Step, call: Call, failure: Failure | None, span: _Span
    ) -> None:
        request = self._context.request
        request.sink.emit(
            FetchFinished(
                request_id=request.request_id,
                trace_id=request.trace.trace_id,
                span_id=span.id,
                parent_id=request.trace.parent_id,
                subgraph=step.fetch.subgraph,
                entities=call.entities,
                errors=error_count(failure),
                started_s=span.started_s,
                ended_s=self._context.clock.monotonic_s(),
            )
        )
