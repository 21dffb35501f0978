"""Answers operations over one view of a graph.

prepare   text -> parsed, validated, normalised, planned: once per text, then kept
execute   variables -> coerced, hidden ones computed -> the plan is run
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import NamedTuple

from graphql import GraphQLError, GraphQLSchema, OperationType

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.errors import DeadlineExceeded, WeirError
from weir.gateway.events import PlanBuilt
from weir.gateway.ids import RandomIds
from weir.gateway.json_types import JSONObject
from weir.gateway.single_flight import SingleFlight, WaitExpired
from weir.gateway.upstreams.model.upstream import Upstream
from weir.resolvers.context import ExecutionContext
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.execute.binding import BoundPlan, bind
from weir.resolvers.execute.executable import Executable, build_executable
from weir.resolvers.execute.execute import execute
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.lru_cache import LruCache
from weir.resolvers.operation.device_arguments import (
    ArgumentRule,
    Coordinate,
    HiddenVariable,
    hidden_values,
)
from weir.resolvers.operation.errors import ValidationFailed
from weir.resolvers.operation.hide_arguments import hide_arguments
from weir.resolvers.operation.limits import OperationLimits
from weir.resolvers.operation.operation import Operation, normalise
from weir.resolvers.operation.parsing import parse_operation
from weir.resolvers.operation.validation import validate_operation
from weir.resolvers.operation.variables import VariableCoercion, variable_coercion
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.overrides import Overrides
from weir.resolvers.plan.model.context import Budget
from weir.resolvers.plan.planner import plan
from weir.resolvers.sources.source import Source
from weir.schema.graph.graph import Graph


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation that needs only variables to be run."""

    operation: Operation
    executable: Executable
    bound: BoundPlan
    coercion: VariableCoercion
    hidden: tuple[HiddenVariable, ...]

    @property
    def kind(self) -> OperationType:
        return self.operation.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineView:
    """What one façade may ask of a graph, and what answers it.

    `schema` is the API schema that its clients see; `coordinates` are the arguments
    that any façade of the graph has a device rule for, so that all share the plans.
    """

    graph: Graph
    schema: GraphQLSchema
    sources: Mapping[str, Source]
    upstreams: Mapping[str, Upstream]
    coordinates: frozenset[Coordinate]
    limits: OperationLimits
    introspection: bool
    masked: bool
    overrides: Overrides

    def prepares_like(self, other: "EngineView") -> bool:
        """Say whether what was prepared for `other` is right for this view, too."""
        return (
            self.graph is other.graph
            and self.schema is other.schema
            and self.coordinates == other.coordinates
            and self.limits == other.limits
            and self.introspection == other.introspection
        )


class _PreparationKey(NamedTuple):
    """What a preparation depends on, and so what it is kept under."""

    text: str
    operation_name: str | None
    overrides: frozenset[str]


_WARM_UP = 100
"""How many of the operations asked for last are prepared again for a new view."""


class Engine:
    """Prepares operations, keeps them, and runs them.

    Preparation takes its turn in `queue`, away from the event loop. Requests for the
    same operation share one preparation, which ends with the last of them. What is
    `stored` stays; of what clients asked for, the latest used is `kept`.
    """

    def __init__(self, view: EngineView, queue: PreparationQueue, clock: Clock) -> None:
        self.view = view
        self._queue = queue
        self._clock = clock
        self._ids = RandomIds()
        self._inherited: Mapping[_PreparationKey, Prepared] = {}
        self.stored: dict[_PreparationKey, Prepared] = {}
        self.cached: LruCache[_PreparationKey, Prepared] = LruCache()
        self._preparing = SingleFlight[_PreparationKey, Prepared]()

    @property
    def schema(self) -> GraphQLSchema:
        return self.view.schema

    def take_over(self, previous: "Engine") -> None:
        """Begin with what `previous` has prepared, prepared again where views differ.

        For a thread, before this engine serves: what clients ask for all the time is
        not planned while they wait. What the new view refuses is left out.
        """
        if self.view.prepares_like(previous.view):
            self._inherited = {
                key: self._bound(prepared) for key, prepared in previous.stored.items()
            }
            self.cached = previous.cached.mapped(self._bound)
            return
        for key in previous.cached.latest(_WARM_UP):
            with suppress(WeirError):
                self.cached.put(key, self._prepare_now(key, WorkBudget()))

    def _bound(self, prepared: Prepared) -> Prepared:
        return replace(prepared, bound=prepared.bound.rebound(self.view.sources))

    def prepare_stored(self, text: str, operation_name: str | None) -> Prepared:
        """Prepare in this thread, for good; raises as `prepare` does."""
        key = _PreparationKey(text, operation_name, frozenset())
        prepared = self._inherited.get(key)
        if prepared is None:
            # Its errors are for the operator, who knows the schema.
            prepared = self._prepare_now(key, WorkBudget(), suggests=True)
        self.stored[key] = prepared
        return prepared

    async def prepare(
        self, text: str, operation_name: str | None, context: RequestContext
    ) -> Prepared:
        """Return the operation, prepared.

        Raises OperationRejected, PlanningError, PlannerOverloaded or DeadlineExceeded.
        """
        key = _PreparationKey(text, operation_name, self.view.overrides.active(context))
        cached = self.cached.get(key)
        if cached is not None:
            return cached
        left_s = context.deadline_s - self._clock.monotonic_s()
        try:
            return await self._preparing.run(
                key, lambda: self._prepare_in_turn(key, context), left_s
            )
        except WaitExpired as error:
            raise DeadlineExceeded from error

    async def close(self) -> None:
        """Return when no preparation reads the view any more."""
        await self._preparing.close()

    async def prepare_again(
        self, prepared: Prepared, text: str, context: RequestContext
    ) -> Prepared:
        """Return what was prepared with no label active as this request needs it."""
        if not self.view.overrides.active(context):
            return prepared
        return await self.prepare(text, prepared.operation.name, context)

    async def _prepare_in_turn(
        self, key: _PreparationKey, context: RequestContext
    ) -> Prepared:
        def prepare(work: WorkBudget) -> tuple[Prepared, float]:
            started_s = self._clock.monotonic_s()
            return self._prepare_now(key, work), started_s

        prepared, started_s = await self._queue.run(
            prepare, context.client_address, len(key.text)
        )
        self.cached.put(key, prepared)
        if context.sink.wants(PlanBuilt):
            context.sink.emit(
                PlanBuilt(
                    request_id=context.request_id,
                    trace_id=context.trace.trace_id,
                    parent_id=context.trace.parent_id,
                    operation=prepared.operation.name or "",
                    fetches=len(prepared.executable.plan.fetches),
                    started_s=started_s,
                    ended_s=self._clock.monotonic_s(),
                )
            )
        return prepared

    def _prepare_now(
        self, key: _PreparationKey, work: WorkBudget, *, suggests: bool = False
    ) -> Prepared:
        view = self.view
        document = parse_operation(key.text, view.limits, work)
        suggests = suggests or view.introspection
        validate_operation(document, view.schema, work, suggests=suggests)
        hiding = hide_arguments(document, view.schema, view.coordinates)
        operation = normalise(hiding.document, key.operation_name, view.schema, work)
        self._reject_disabled(operation)
        planned = plan(operation, view.graph, key.overrides, Budget(work=work))
        work.check()
        executable = build_executable(
            operation, planned, view.schema, view.graph.supergraph.declared, work
        )
        work.check()
        hidden = {each.name for each in hiding.hidden}
        return Prepared(
            operation,
            executable,
            bind(planned, view.sources),
            variable_coercion(
                operation, view.schema, hidden, suggests=view.introspection
            ),
            hiding.hidden,
        )

    def _reject_disabled(self, operation: Operation) -> None:
        if operation.introspects and not self.view.introspection:
            message = "Introspection is off here."
            raise ValidationFailed([GraphQLError(message)])
        if operation.kind is OperationType.SUBSCRIPTION:
            message = "Subscriptions are not served here."
            raise ValidationFailed([GraphQLError(message, operation.definition)])

    async def execute(
        self,
        prepared: Prepared,
        variables: JSONObject,
        rules: Mapping[Coordinate, ArgumentRule],
        context: RequestContext,
    ) -> ExecutionResult:
        """Run an operation with a client's raw variables and its device's rules.

        Raises BadUserInput, and the errors of shaping a response that depends on the
        variables: OperationRejected or PlannerOverloaded.
        """
        view = self.view
        coerced = prepared.coercion.coerce(variables)
        if prepared.hidden:
            coerced |= hidden_values(prepared.hidden, rules, coerced)
        execution = ExecutionContext(
            request=context,
            variables=coerced,
            services=view.upstreams,
            operation=prepared.operation.name or "",
            masked=view.masked,
            clock=self._clock,
            ids=self._ids,
        )
        executable = await self._shaped(prepared, coerced, context)
        return await execute(executable, prepared.bound.fetches, execution)

    async def _shaped(
        self, prepared: Prepared, variables: JSONObject, context: RequestContext
    ) -> Executable:
        """Return the executable with its shape made, in turn if that takes long.

        Raises OperationRejected or PlannerOverloaded.
        """
        executable = prepared.executable
        shape = executable.shape
        if not shape.is_large or shape.known(variables) is not None:
            return executable
        selection = await self._queue.run(
            lambda work: shape.make(variables, work), context.client_address, 0
        )
        return replace(executable, shape=shape.fixed(selection))
