"""The operations of one view: each is prepared once, and cached.

An operation is analysed first, which does not depend on the request, and then planned
for the traits of a request. Requests that need the same step wait for the same work.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple, TypeAlias, TypeVar

from weir.gateway.clock import Clock
from weir.gateway.concurrency.single_flight import SingleFlight, WaitExpired, Work
from weir.gateway.context import RequestContext
from weir.gateway.errors import DeadlineExceeded, WeirError
from weir.gateway.events import PlanBuilt
from weir.gateway.step_event import emit_step
from weir.resolvers.engine.compilation import Compilation
from weir.resolvers.engine.compiled_plans import NO_PLANS, ViewPlans
from weir.resolvers.engine.known_operation import (
    NO_TRAITS,
    KnownOperation,
    Prepared,
    RequestTraits,
)
from weir.resolvers.engine.plan_cache import PlanCache
from weir.resolvers.engine.preparation import analyse, make_plan
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.engine.retained_bytes import retained_bytes
from weir.resolvers.engine.view import EngineView
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.plan.model.nodes import Plan

K = TypeVar("K")
V = TypeVar("V")


OperationKey: TypeAlias = tuple[str, str | None]
"""The text of a document, and the name of the requested operation."""


class _PlanKey(NamedTuple):
    """The key of a plan: an operation, and the traits of the requests."""

    operation: OperationKey
    traits: RequestTraits


_WARM_UP = 100
"""The number of recently used operations that are prepared for a new view."""
_HANDOVER_S = 0.005
"""A thread that is idle begins its work within this time. A longer time is a wait."""


class Operations:
    """The operations of one view, with their plans.

    They are prepared in `queue`, outside the event loop. A preparation is cancelled
    when the last request that waits for it is. Operations that are `stored` are never
    evicted. Those of clients are `cached`.
    """

    def __init__(self, view: EngineView, queue: PreparationQueue, clock: Clock) -> None:
        self.view = view
        self._queue = queue
        self._clock = clock
        self._inherited: Mapping[OperationKey, KnownOperation] = {}
        self.stored: dict[OperationKey, KnownOperation] = {}
        self.cached = PlanCache[OperationKey, KnownOperation](queue.plans)
        self._analysing = SingleFlight[OperationKey, KnownOperation]()
        self._planning = SingleFlight[_PlanKey, Prepared]()
        self.compilation = Compilation(queue, clock)

    def take_over(self, previous: "Operations") -> None:
        """Take over the operations of `previous`, prepared again if the views differ.

        It runs in a thread, before the view serves requests, so that no client waits
        for the planning of frequent operations. Operations that are invalid for the new
        view are left out.
        """
        if self.view.prepares_like(previous.view):
            self._inherited = {
                key: known.mapped(self._bound) for key, known in previous.stored.items()
            }
            self.cached.fill_from(
                previous.cached, lambda each: each.mapped(self._bound)
            )
            return
        for key in previous.cached.latest(_WARM_UP):
            with suppress(WeirError):
                self._warm_up(key, previous.cached.peek(key))

    def prepare_stored(
        self, text: str, operation_name: str | None, plans: ViewPlans = NO_PLANS
    ) -> Prepared:
        """Prepare a stored operation in this thread, and compile it.

        The plan is for requests without active labels and with all rights. It is that
        of `plans`, if they have one. Raises OperationRejected, PlanningError or
        NotAPlan.
        """
        key = text, operation_name
        known, planned = self._inherited.get(key), None
        if known is None:
            planned = plans.find(*key)
            # The operator gets its errors, and may know the schema.
            known = analyse(
                self.view, *key, WorkBudget(), suggests=True, is_valid=bool(planned)
            )
        self.stored[key] = known
        prepared = known.plans.get(NO_TRAITS)
        if prepared is None:
            prepared = self._plan(known, NO_TRAITS, WorkBudget(), planned)
        self.compilation.compile_stored(prepared.executable.code, plans.code)
        return prepared

    async def analysed(
        self, key: OperationKey, context: RequestContext
    ) -> KnownOperation:
        """Return an operation that is not cached.

        Raises OperationRejected, PlanningError, PlannerOverloaded or DeadlineExceeded.
        """
        return await self._in_time(
            self._analysing,
            key,
            lambda: self._analyse_in_turn(key, context),
            context,
        )

    async def planned(
        self,
        key: OperationKey,
        known: KnownOperation,
        traits: RequestTraits,
        context: RequestContext,
    ) -> Prepared:
        """Return an operation with a new plan for `traits`.

        Raises OperationRejected, PlanningError, PlannerOverloaded or DeadlineExceeded.
        """
        plan_key = _PlanKey(key, traits)
        return await self._in_time(
            self._planning,
            plan_key,
            lambda: self._plan_in_turn(plan_key, known, context),
            context,
        )

    async def close(self) -> None:
        """Wait until no preparation and no compilation uses the view."""
        await self.compilation.close()
        await self._analysing.close()
        await self._planning.close()

    def _bound(self, prepared: Prepared) -> Prepared:
        return replace(prepared, bound=prepared.bound.rebound(self.view.sources))

    def _warm_up(self, key: OperationKey, before: KnownOperation | None) -> None:
        """Plan an operation for requests like the latest one."""
        work = WorkBudget()
        known = self._analyse(key, work)
        for traits in before.plans.latest(1) if before else ():
            decision = known.rights.restricted(traits.decision)
            self._plan(known, RequestTraits(traits.labels, decision), work)
        self.cached.put(key, known, self._size(known))

    async def _in_time(
        self,
        flight: SingleFlight[K, V],
        key: K,
        work: Work[V],
        context: RequestContext,
    ) -> V:
        left_s = context.deadline_s - self._clock.monotonic_s()
        try:
            return await flight.run(key, work, left_s)
        except WaitExpired as error:
            raise DeadlineExceeded from error

    async def _analyse_in_turn(
        self, key: OperationKey, context: RequestContext
    ) -> KnownOperation:
        """Analyse an operation, and plan it at once if all callers may run it."""
        labels = self.view.overrides.active(context)

        def analyse_and_plan(work: WorkBudget) -> tuple[KnownOperation, int, float]:
            started_s = self._clock.monotonic_s()
            known = self._analyse(key, work)
            if not known.rights.requirements:
                self._plan(known, RequestTraits(labels), work)
            return known, self._size(known), started_s

        queued_s = self._clock.monotonic_s()
        known, size, started_s = await self._queue.run(
            analyse_and_plan, context.client, len(key[0])
        )
        _emit_wait(queued_s, started_s, context)
        self.cached.put(key, known, size)
        for traits in known.plans.latest(1):
            self._emit_built(known.plans.get(traits), started_s, context)
        return known

    async def _plan_in_turn(
        self, plan_key: _PlanKey, known: KnownOperation, context: RequestContext
    ) -> Prepared:
        def plan(work: WorkBudget) -> tuple[Prepared, int, float]:
            started_s = self._clock.monotonic_s()
            prepared = make_plan(self.view, known, plan_key.traits, work)
            return prepared, self._size_of(prepared.executable), started_s

        queued_s = self._clock.monotonic_s()
        prepared, size, started_s = await self._queue.run(
            plan, context.client, len(plan_key.operation[0])
        )
        _emit_wait(queued_s, started_s, context)
        known.plans.put(plan_key.traits, prepared)
        self.cached.grow(plan_key.operation, size)
        self._emit_built(prepared, started_s, context)
        return prepared

    def _analyse(self, key: OperationKey, work: WorkBudget) -> KnownOperation:
        return analyse(self.view, *key, work, suggests=self.view.introspection)

    def _plan(
        self,
        known: KnownOperation,
        traits: RequestTraits,
        work: WorkBudget,
        planned: Plan | None = None,
    ) -> Prepared:
        """Plan an operation that no other thread uses yet, unless it is `planned`."""
        prepared = make_plan(self.view, known, traits, work, planned)
        known.plans.put(traits, prepared)
        return prepared

    def _size(self, known: KnownOperation) -> int:
        """Return the bytes that a cached operation takes, with its plans."""
        plans = (known.plans.peek(each) for each in known.plans.latest(1))
        executables = (each.executable for each in plans if each)
        return self._size_of(
            known.operation, known.coercion, known.rights, known.cost, *executables
        )

    def _size_of(self, *parts: object) -> int:
        shared = (self.view.graph.supergraph.declared, self.view.schema)
        return retained_bytes(parts, shared)

    def _emit_built(
        self, prepared: Prepared | None, started_s: float, context: RequestContext
    ) -> None:
        receive = context.sink.receiver(PlanBuilt)
        if prepared is None or receive is None:
            return
        receive(
            PlanBuilt(
                request_id=context.request_id,
                trace=context.trace,
                parent_id=context.trace.parent_id,
                operation=prepared.operation.name or "",
                fetches=len(prepared.executable.plan.fetches),
                started_s=started_s,
                ended_s=self._clock.monotonic_s(),
            )
        )


def _emit_wait(queued_s: float, started_s: float, context: RequestContext) -> None:
    """Emit the time for which a request waited for its turn to be planned."""
    if started_s - queued_s > _HANDOVER_S:
        emit_step("queue", queued_s, started_s, context)
