"""The interpreter of plans: it starts each fetch as soon as its inputs are available.

    due          the requests of a fetch, each entity represented once
    fetch        the source returns a reply, or raises an error
    merge_reply  the reply is merged into the one response

The plan is a graph. The task that ends a fetch continues with the fetches that only
waited for this one: the last of them runs in the same task, and each other one in a
new task. So a chain of fetches is a chain of awaits, and a plan without forks needs no
task.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from msgspec import Struct

from weir.gateway.errors import WeirError
from weir.gateway.events import EventReceiver, FetchFinished
from weir.gateway.json_types import JSONObject
from weir.resolvers.context import ExecutionContext
from weir.resolvers.errors import TooManyContexts
from weir.resolvers.execute.run.computing import LARGE_BYTES, Compute, in_thread
from weir.resolvers.execute.run.failures import (
    Failed,
    Failure,
    Unrepresented,
    error_count,
)
from weir.resolvers.execute.run.merge_reply import merge_reply
from weir.resolvers.execute.run.program import PlanOutcome
from weir.resolvers.execute.run.service_failures import first_code
from weir.resolvers.execute.run.step import Call, Due, Step, prepare
from weir.resolvers.plan.model.nodes import Plan
from weir.resolvers.provenance import Provenance
from weir.resolvers.sources.source import BoundFetch

V = TypeVar("V")

_CANCELLED: Final = "CANCELLED"
_CALLS_AT_ONCE: Final = 16
"""The limit of concurrent requests of one fetch, which may have one for each object."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A program that interprets its plan step by step.

    `roots` are the steps without parents, `parents` the number of parents of each step.
    A plan is linear if no two of its steps can run at the same time. `only` is the one
    request of a plan that always makes this request alone. With
    `shares_entities`, objects may share the values below them.
    """

    steps: tuple[Step, ...]
    roots: tuple[int, ...]
    parents: tuple[int, ...]
    is_linear: bool
    only: Call | None
    shares_entities: bool

    async def run(
        self,
        fetches: Sequence[BoundFetch],
        context: ExecutionContext,
        root: JSONObject,
        compute: Compute = in_thread,
    ) -> PlanOutcome:
        receive = context.request.sink.receiver(FetchFinished)
        waiting = list(self.parents)
        run = _Run(self, fetches, context, root, compute, waiting, receive)
        try:
            if self.only is not None:
                await run.call(0, self.steps[0], self.only)
            elif self.is_linear:
                await run.steps(self.roots)
            else:
                async with asyncio.TaskGroup() as run.tasks:
                    await run.steps(self.roots)
        except BaseExceptionGroup:
            if run.refusal is None:
                raise
            raise run.refusal from None
        failures = _in_order(run.failures) if run.failures else ()
        return PlanOutcome(
            root, run.provenances, failures, run.reply_bytes, run.placed_bytes
        )


def interpreter(plan: Plan) -> Interpreter:
    """Prepare the steps of a plan."""
    steps = prepare(plan.fetches)
    roots = tuple(index for index, step in enumerate(steps) if not step.parents)
    return Interpreter(
        steps=steps,
        roots=roots,
        parents=tuple(step.parents for step in steps),
        only=_only_call(steps),
        is_linear=len(roots) <= 1 and all(len(step.children) <= 1 for step in steps),
        # Entities that depend on their ancestors may not share values.
        shares_entities=not any(
            entities.contexts for fetch in plan.fetches for entities in fetch.entities
        ),
    )


def _only_call(steps: Sequence[Step]) -> Call | None:
    """Return the request of a plan that always makes this request alone."""
    due = steps[0].always_due if len(steps) == 1 else None
    return due.calls[0] if due else None


class _Run(Struct, eq=False):
    """One run of a plan, with its response, replies and failures so far.

    `_waiting` is the number of parents of each step that have not ended.
    """

    _program: Interpreter
    _fetches: Sequence[BoundFetch]
    _context: ExecutionContext
    _root: JSONObject
    _compute: Compute
    _waiting: list[int]
    _receive: EventReceiver | None
    _turn: asyncio.Lock | None = None
    tasks: asyncio.TaskGroup | None = None
    refusal: WeirError | None = None
    provenances: list[Provenance] = []
    reply_bytes: int = 0
    placed_bytes: int = 0
    failures: list[tuple[int, Failure]] = []

    async def steps(self, ready: Sequence[int]) -> None:
        """Run steps that are ready, and all steps that they release."""
        while ready:
            *others, last = ready
            for index in others:
                self._spawn(index)
            step = self._program.steps[last]
            due = step.always_due or (
                step.due(self._root, self._context.variables)
                if self.reply_bytes <= LARGE_BYTES
                else await self._due_in_large(step)
            )
            if self.failures and any(batch.gaps for batch in due.batches):
                self.failures.append((last, Unrepresented(step, step.gaps(due))))
            if len(due.calls) == 1:
                await self.call(last, step, due.calls[0])
            elif due.calls or due.refused is not None:
                await self._call_all(last, step, due)
            ready = self._released_by(step) if step.children else ()

    def _spawn(self, index: int) -> None:
        assert self.tasks is not None, "a linear plan never forks"
        self.tasks.create_task(self.steps([index]))

    def _released_by(self, step: Step) -> list[int]:
        """Return the steps that only waited for this one."""
        released: list[int] = []
        for child in step.children:
            self._waiting[child] -= 1
            if not self._waiting[child]:
                released.append(child)
        return released

    async def _due_in_large(self, step: Step) -> Due:
        """Return what `Step.due` does, for a large response."""
        due = partial(step.due, self._root, self._context.variables)
        return await self._apart(due, self.reply_bytes)

    async def _call_all(self, index: int, step: Step, due: Due) -> None:
        """Make several requests of a fetch, or report that there are too many."""
        if due.refused is not None:
            self.failures.append((index, Failed(step, due.refused, TooManyContexts())))
        calls = iter(due.calls)
        async with asyncio.TaskGroup() as tasks:
            for _ in due.calls[:_CALLS_AT_ONCE]:
                tasks.create_task(self._calls(index, step, calls))

    async def _calls(self, index: int, step: Step, calls: Iterator[Call]) -> None:
        """Make the remaining requests of a fetch, one after the other."""
        for call in calls:
            await self.call(index, step, call)

    async def call(self, index: int, step: Step, call: Call) -> None:
        """Make one request of a fetch, and merge its reply."""
        context = self._context
        started_s = context.clock.monotonic_s()
        has_spans = context.request.spans is not None
        span_id = context.ids.span_id() if has_spans else ""
        failure: Failure | None
        try:
            reply = await self._fetches[index](call.variables, context, span_id)
        except WeirError as error:
            failure = Failed(step, call, error.without_frames())
        except asyncio.CancelledError:
            self._emit(step, call, None, span_id, started_s, error_code=_CANCELLED)
            raise
        else:
            self.provenances.append(reply.provenance)
            self.reply_bytes += reply.size_bytes
            if self.reply_bytes > LARGE_BYTES:
                self._hold_replies()
            places = 1 if step.is_at_root else step.places(call, self._root)
            self.placed_bytes += reply.size_bytes * places
            shares = self._program.shares_entities
            failure = (
                merge_reply(self._root, step, call, reply, shares=shares)
                if self.reply_bytes <= LARGE_BYTES
                else await self._apart(
                    partial(merge_reply, self._root, step, call, reply, shares=shares),
                    reply.size_bytes,
                )
            )
        self._emit(step, call, failure, span_id, started_s)
        if failure is not None:
            self.failures.append((index, failure))

    def _hold_replies(self) -> None:
        """Count large replies, which wait for others of the same operation."""
        if self._context.hold is None:
            return
        try:
            self._context.hold.grow(self.reply_bytes)
        except WeirError as error:
            self.refusal = error
            raise

    async def _apart(self, work: Callable[[], V], size_bytes: int) -> V:
        """Compute with a large response elsewhere, so that other requests go on.

        The response is read or changed by one thread at a time. Once it is large, all
        work on it is done here.
        """
        if self._turn is None:
            self._turn = asyncio.Lock()
        client = self._context.request.client
        async with self._turn:
            try:
                return await self._compute(lambda _: work(), client, size_bytes)
            except WeirError as error:
                self.refusal = error
                raise

    def _emit(
        self,
        step: Step,
        call: Call,
        failure: Failure | None,
        span_id: str,
        started_s: float,
        *,
        error_code: str = "",
    ) -> None:
        if self._receive is None:
            return
        context = self._context
        request = context.request
        if failure is not None:
            error_code = first_code(failure)
        self._receive(
            FetchFinished(
                request_id=request.request_id,
                trace=request.trace,
                span_id=span_id,
                parent_id=context.span_id or request.trace.parent_id,
                subgraph=step.fetch.subgraph,
                place=step.place,
                entities=call.entities if call.batches else 0,
                errors=0 if failure is None else error_count(failure),
                error_code=error_code,
                started_s=started_s,
                ended_s=context.clock.monotonic_s(),
            )
        )


def _in_order(failures: list[tuple[int, Failure]]) -> tuple[Failure, ...]:
    """Return failures in the order of the plan."""
    return tuple(failure for _, failure in sorted(failures, key=lambda each: each[0]))
