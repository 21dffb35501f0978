"""The engine of one view of a graph.

prepare   text -> parsed, validated; then planned for the traits of a request; cached
execute   variables -> coerced, hidden ones computed -> the plan is run
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple, TypeAlias, TypeVar

from graphql import GraphQLSchema, OperationType
from msgspec import structs

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.errors import DeadlineExceeded, WeirError
from weir.gateway.events import OperationFinished, PlanBuilt
from weir.gateway.ids import RandomIds
from weir.gateway.json_types import JSONObject, JSONValue
from weir.gateway.single_flight import SingleFlight, WaitExpired, Work
from weir.resolvers.context import ExecutionContext
from weir.resolvers.cost.admission import admit, emit_cost
from weir.resolvers.engine.cost_in_turn import assess_in_turn
from weir.resolvers.engine.known_operation import (
    NO_TRAITS,
    KnownOperation,
    Prepared,
    RequestTraits,
)
from weir.resolvers.engine.large_variables import coerce_in_turn
from weir.resolvers.engine.plan_cache import PlanCache
from weir.resolvers.engine.preparation import make_plan, understand
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.engine.retained_bytes import retained_bytes
from weir.resolvers.engine.view import EngineView
from weir.resolvers.execute.executable import Executable
from weir.resolvers.execute.execute import execute
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.operation.authorization import PERMITTED, Decision
from weir.resolvers.operation.refusals import rejection
from weir.resolvers.operation.variables.device_arguments import (
    ArgumentRule,
    Coordinate,
    hidden_values,
)
from weir.resolvers.operation.work import WorkBudget

K = TypeVar("K")
V = TypeVar("V")


_OperationKey: TypeAlias = tuple[str, str | None]
"""The text of a document, and the name of the requested operation."""


class _PlanKey(NamedTuple):
    """The cache key of a plan: an operation, and the traits of the requests."""

    operation: _OperationKey
    traits: RequestTraits


_WARM_UP = 100
"""The number of recently used operations that are prepared for a new view."""


class Engine:
    """The preparation, caching and execution of operations.

    Preparation runs in `queue`, outside the event loop. Requests for the same operation
    share one preparation, which is cancelled when the last of them is. Operations that
    are `stored` are never evicted. Those of clients are `cached`.
    """

    def __init__(self, view: EngineView, queue: PreparationQueue, clock: Clock) -> None:
        self.view = view
        self._queue = queue
        self._clock = clock
        self._ids = RandomIds()
        self._inherited: Mapping[_OperationKey, KnownOperation] = {}
        self.stored: dict[_OperationKey, KnownOperation] = {}
        self.cached = PlanCache[_OperationKey, KnownOperation](queue.plans)
        self._understanding = SingleFlight[_OperationKey, KnownOperation]()
        self._planning = SingleFlight[_PlanKey, Prepared]()

    @property
    def schema(self) -> GraphQLSchema:
        return self.view.schema

    def take_over(self, previous: "Engine") -> None:
        """Take over the operations of `previous`, prepared again if the views differ.

        It runs in a thread, before this engine serves requests, so that no client waits
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

    def _warm_up(self, key: _OperationKey, before: KnownOperation | None) -> None:
        """Plan an operation for requests like the latest one."""
        work = WorkBudget()
        known = self._understand(key, work)
        for traits in before.plans.latest(1) if before else ():
            decision = known.rights.restricted(traits.decision)
            self._plan(known, RequestTraits(traits.labels, decision), work)
        self.cached.put(key, known, self._size(known))

    def _bound(self, prepared: Prepared) -> Prepared:
        return replace(prepared, bound=prepared.bound.rebound(self.view.sources))

    def prepare_stored(self, text: str, operation_name: str | None) -> Prepared:
        """Prepare a stored operation in this thread. Raises errors as `prepare` does.

        The plan is for requests without active labels and with all rights.
        """
        key = text, operation_name
        known = self._inherited.get(key)
        if known is None:
            # The operator gets its errors, and may know the schema.
            known = self._understand(key, WorkBudget(), suggests=True)
        self.stored[key] = known
        return known.plans.get(NO_TRAITS) or self._plan(known, NO_TRAITS, WorkBudget())

    async def prepare(
        self,
        text: str,
        operation_name: str | None,
        context: RequestContext,
    ) -> Prepared:
        """Return the operation of a client, prepared for a request.

        Raises OperationRejected, PlanningError, PlannerOverloaded or DeadlineExceeded,
        and Unauthenticated or Forbidden if the view rejects such operations.
        """
        key = text, operation_name
        known = self.cached.get(key)
        if known is None:
            known = await self._in_time(
                self._understanding,
                key,
                lambda: self._understand_in_turn(key, context),
                context,
            )
        traits = NO_TRAITS
        if known.rights.requirements or self.view.overrides.exist:
            traits = await self._traits(known, context, stored=None)
        prepared = known.plans.get(traits)
        return prepared or await self._planned(key, known, traits, context)

    async def prepare_again(
        self,
        prepared: Prepared,
        text: str,
        context: RequestContext,
        variables: JSONObject,
    ) -> Prepared:
        """Return a stored operation for a request. Raises errors as `prepare` does.

        If policies decide about the operation, raises BadUserInput for variables that
        are wrong.
        """
        key = text, prepared.operation.name
        known = self.stored[key]
        traits = await self._traits(known, context, stored=variables)
        if traits == NO_TRAITS:
            return prepared
        planned = known.plans.get(traits)
        return planned or await self._planned(key, known, traits, context)

    async def close(self) -> None:
        """Wait until no preparation uses the view."""
        await self._understanding.close()
        await self._planning.close()

    async def _traits(
        self,
        known: KnownOperation,
        context: RequestContext,
        stored: JSONObject | None,
    ) -> RequestTraits:
        """Return the traits; `stored` are the variables of a stored operation."""
        labels = self.view.overrides.active(context)
        if not known.rights.requirements:
            return RequestTraits(labels) if labels else NO_TRAITS
        decision = await self._decision(known, context, stored)
        if decision is PERMITTED and not labels:
            return NO_TRAITS
        return RequestTraits(labels, decision)

    async def _decision(
        self,
        known: KnownOperation,
        context: RequestContext,
        stored: JSONObject | None,
    ) -> Decision:
        rights = known.rights
        satisfied: frozenset[str] = frozenset()
        if rights.policies:
            # A client may name its operation and its variables as it likes and use
            # others, so that they prove nothing to a policy.
            name, variables = "", dict[str, JSONValue]()
            if stored is not None:
                name = known.operation.name or ""
                variables = await coerce_in_turn(
                    known.coercion, stored, self._queue, context.client_address
                )
            satisfied = await self.view.policies.satisfied(
                rights.policies, context, name, variables
            )
        decision = rights.decide(context.identity, satisfied)
        if self.view.rejects_refused and decision is not PERMITTED:
            raise rejection(rights, decision)
        return decision

    async def _planned(
        self,
        key: _OperationKey,
        known: KnownOperation,
        traits: RequestTraits,
        context: RequestContext,
    ) -> Prepared:
        plan_key = _PlanKey(key, traits)
        return await self._in_time(
            self._planning,
            plan_key,
            lambda: self._plan_in_turn(plan_key, known, context),
            context,
        )

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

    async def _understand_in_turn(
        self, key: _OperationKey, context: RequestContext
    ) -> KnownOperation:
        """Analyse an operation, and plan it at once if all callers may run it."""
        labels = self.view.overrides.active(context)

        def understand_and_plan(work: WorkBudget) -> tuple[KnownOperation, int, float]:
            started_s = self._clock.monotonic_s()
            known = self._understand(key, work)
            if not known.rights.requirements:
                self._plan(known, RequestTraits(labels), work)
            return known, self._size(known), started_s

        known, size, started_s = await self._queue.run(
            understand_and_plan, context.client_address, len(key[0])
        )
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

        prepared, size, started_s = await self._queue.run(
            plan, context.client_address, len(plan_key.operation[0])
        )
        known.plans.put(plan_key.traits, prepared)
        self.cached.grow(plan_key.operation, size)
        self._emit_built(prepared, started_s, context)
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
        if prepared is None or not context.sink.wants(PlanBuilt):
            return
        context.sink.emit(
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

    def _understand(
        self, key: _OperationKey, work: WorkBudget, *, suggests: bool = False
    ) -> KnownOperation:
        text, operation_name = key
        suggests = suggests or self.view.introspection
        return understand(self.view, text, operation_name, work, suggests=suggests)

    def _plan(
        self, known: KnownOperation, traits: RequestTraits, work: WorkBudget
    ) -> Prepared:
        """Plan an operation that no other thread uses yet."""
        prepared = make_plan(self.view, known, traits, work)
        known.plans.put(traits, prepared)
        return prepared

    async def execute(
        self,
        prepared: Prepared,
        variables: JSONObject,
        rules: Mapping[Coordinate, ArgumentRule],
        context: RequestContext,
        span_id: str = "",
    ) -> ExecutionResult:
        """Run an operation with a client's raw variables and its device's rules.

        `span_id` is the span of this execution; a sampled request gets one.
        Raises BadUserInput, TooExpensive, SlicingArgumentRequired, PlannerOverloaded
        for large operations or variables, and the errors of shaping a response that
        depends on variables: OperationRejected or PlannerOverloaded.
        """
        if context.spans is not None and not span_id and context.trace.sampled:
            return await self._traced(prepared, variables, rules, context)
        view = self.view
        if prepared.operation.kind is OperationType.MUTATION:
            context = structs.replace(context, writes=True)
        coerced: JSONObject = {}
        if prepared.coercion.variables:
            coerced = await coerce_in_turn(
                prepared.coercion, variables, self._queue, context.client_address
            )
        if prepared.hidden:
            coerced |= hidden_values(prepared.hidden, rules, coerced)
        name = prepared.operation.name or ""
        cost = None
        if prepared.cost is not None and view.costs is not None:
            assessed = await assess_in_turn(
                view.costs, prepared.cost, coerced, self._queue, context.client_address
            )
            cost = admit(view.costs, assessed, name, context)
        execution = ExecutionContext(
            request=context,
            variables=coerced,
            services=view.upstreams,
            operation=name,
            masked=view.masked,
            forwarded=view.forwarded,
            span_id=span_id,
            cost=cost,
            max_response_bytes=view.max_response_bytes,
            clock=self._clock,
            ids=self._ids,
        )
        executable = prepared.executable
        if executable.shape.is_large:
            executable = await self._shaped(executable, coerced, context)
        result = await execute(
            executable,
            prepared.bound.fetches,
            execution,
            self._queue.finish,
        )
        if result.cost is not None:
            emit_cost(result.cost.estimated, result.cost.actual, context)
        return result

    async def _traced(
        self,
        prepared: Prepared,
        variables: JSONObject,
        rules: Mapping[Coordinate, ArgumentRule],
        context: RequestContext,
    ) -> ExecutionResult:
        """Run an operation, and emit an event with its span."""
        span_id, started_s = self._ids.span_id(), self._clock.monotonic_s()
        error_code = ""
        try:
            result = await self.execute(prepared, variables, rules, context, span_id)
            if result.failures:
                error_code = result.failures[0].code
        except WeirError as error:
            error_code = error.code
            raise
        finally:
            context.sink.emit(
                OperationFinished(
                    request_id=context.request_id,
                    trace=context.trace,
                    span_id=span_id,
                    parent_id=context.trace.parent_id,
                    kind=prepared.operation.kind.value,
                    operation=prepared.operation.name or "",
                    error_code=error_code,
                    started_s=started_s,
                    ended_s=self._clock.monotonic_s(),
                )
            )
        return result

    async def _shaped(
        self, executable: Executable, variables: JSONObject, context: RequestContext
    ) -> Executable:
        """Return the executable with its shape, which is made in turn if it is large.

        Raises OperationRejected or PlannerOverloaded.
        """
        shape = executable.shape
        if shape.known(variables) is not None:
            return executable
        selection = await self._queue.run(
            lambda work: shape.make(variables, work), context.client_address, 0
        )
        return replace(executable, shape=shape.fixed(selection))
