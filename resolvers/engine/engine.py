"""The engine of one view of a graph.

prepare   text -> parsed, validated; then planned for the traits of a request; cached
execute   variables -> coerced, hidden ones computed -> the plan is run
"""

from collections.abc import Mapping
from dataclasses import replace

from graphql import GraphQLSchema, OperationType
from msgspec import structs

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.errors import WeirError
from weir.gateway.events import LimitMeasured, OperationFinished
from weir.gateway.ids import RandomIds
from weir.gateway.json_types import JSONObject
from weir.gateway.limits.cost import CostCharge
from weir.gateway.transport.reply_hold import ReplyHold
from weir.gateway.upstreams.writes import Writes
from weir.resolvers.context import ExecutionContext
from weir.resolvers.cost.admission import CostLimits, MeasuredCost, admit, emit_cost
from weir.resolvers.cost.report import RunningCost
from weir.resolvers.engine.cost_in_turn import assess_in_turn
from weir.resolvers.engine.known_operation import NO_TRAITS, Prepared
from weir.resolvers.engine.large_variables import coerce_in_turn
from weir.resolvers.engine.operations import Operations
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.engine.request_traits import request_traits
from weir.resolvers.engine.view import EngineView
from weir.resolvers.execute.executable import Executable
from weir.resolvers.execute.execute import execute
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.limit_excess import LimitExcess
from weir.resolvers.operation.variables.device_arguments import (
    ArgumentRule,
    Clamped,
    Coordinate,
    hidden_values,
)


class Engine:
    """The preparation and execution of the operations of one view.

    `writes` are those of all engines of the process.
    """

    def __init__(
        self,
        view: EngineView,
        queue: PreparationQueue,
        clock: Clock,
        writes: Writes | None = None,
    ) -> None:
        self.view = view
        self.operations = Operations(view, queue, clock)
        self._queue = queue
        self.clock = clock
        self._ids = RandomIds()
        self.writes = writes or Writes()

    @property
    def schema(self) -> GraphQLSchema:
        return self.view.schema

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
        operations, view = self.operations, self.view
        known = operations.cached.get(key)
        if known is None:
            known = await operations.analysed(key, context)
        if known.excess is not None:
            _emit_measured(known.excess, known.operation.name or "", context)
        traits = NO_TRAITS
        if known.rights.requirements or view.overrides.exist:
            traits = await request_traits(known, context, None, view, self._queue)
        prepared = known.plans.get(traits)
        return prepared or await operations.planned(key, known, traits, context)

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
        known = self.operations.stored[key]
        traits = await request_traits(known, context, variables, self.view, self._queue)
        if traits == NO_TRAITS:
            return prepared
        planned = known.plans.get(traits)
        return planned or await self.operations.planned(key, known, traits, context)

    async def execute(
        self,
        prepared: Prepared,
        variables: JSONObject,
        rules: Mapping[Coordinate, ArgumentRule],
        context: RequestContext,
        span_id: str = "",
    ) -> ExecutionResult:
        """Run an operation with a client's raw variables and its device's rules.

        `span_id` is the span of this execution; a sampled request gets one. Raises
        BadUserInput, TooExpensive, SlicingArgumentRequired, RateLimited (for limits of
        costs), OperationRejected, PlannerOverloaded for large operations or
        variables, and GatewayOverloaded for large replies of services.
        """
        if context.spans is not None and not span_id and context.trace.sampled:
            return await self._traced(prepared, variables, rules, context)
        view = self.view
        if prepared.operation.kind is OperationType.MUTATION:
            context = structs.replace(context, writes=True)
        coerced: JSONObject = {}
        clamped: tuple[Clamped, ...] = ()
        if prepared.coercion.variables or prepared.hidden:
            coerced, clamped = await self._coerced(prepared, variables, rules, context)
        name = prepared.operation.name or ""
        cost = charge = None
        if prepared.cost is not None:
            cost, charge = await self._admitted(prepared.cost, coerced, name, context)
        hold = ReplyHold(self._queue.replies, context.client)
        execution = ExecutionContext(
            request=context,
            variables=coerced,
            services=view.upstreams,
            operation=name,
            masked=view.masked,
            forwarded=view.forwarded,
            span_id=span_id,
            cost=cost,
            hold=hold,
            response_limits=view.response_limits,
            measured_limits=view.measured_response_limits,
            clock=self.clock,
            ids=self._ids,
        )
        executable = prepared.executable
        self.operations.compilation.count_use(executable.code, context)
        if executable.shape.is_large:
            executable = await self._shaped(executable, coerced, context)
        try:
            result = await execute(
                executable, prepared.bound.fetches, execution, self._queue.finish
            )
        finally:
            hold.release()
            if context.writes:
                self.writes.ended += 1
        if result.cost is not None or result.excess is not None:
            _report(result, name, charge, context)
        return structs.replace(result, clamped=clamped) if clamped else result

    async def _coerced(
        self,
        prepared: Prepared,
        variables: JSONObject,
        rules: Mapping[Coordinate, ArgumentRule],
        context: RequestContext,
    ) -> tuple[JSONObject, tuple[Clamped, ...]]:
        """Return the variables of the operation, and the values that were clamped."""
        coerced: JSONObject = {}
        if prepared.coercion.variables:
            coerced = await coerce_in_turn(
                prepared.coercion, variables, self._queue, context.client
            )
        if not prepared.hidden:
            return coerced, ()
        hidden = hidden_values(prepared.hidden, rules, coerced)
        return coerced | hidden.values, hidden.clamped

    async def _traced(
        self,
        prepared: Prepared,
        variables: JSONObject,
        rules: Mapping[Coordinate, ArgumentRule],
        context: RequestContext,
    ) -> ExecutionResult:
        """Run an operation, and emit an event with its span."""
        span_id, started_s = self._ids.span_id(), self.clock.monotonic_s()
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
                    ended_s=self.clock.monotonic_s(),
                )
            )
        return result

    async def _admitted(
        self,
        cost: MeasuredCost,
        variables: JSONObject,
        operation: str,
        context: RequestContext,
    ) -> tuple[RunningCost, CostCharge | None]:
        """Return the cost of an operation that may run, and what it was charged.

        Raises TooExpensive, SlicingArgumentRequired, RateLimited or PlannerOverloaded.
        """
        rules = self.view.costs
        assert rules is not None, "operations have costs by the rules of their view"
        limits = CostLimits(rules.limiter.limit(context.identity), rules.subgraphs)
        assessed = await assess_in_turn(
            limits, cost, variables, self._queue, context.client
        )
        running = admit(assessed, operation, context)
        return running, await rules.limiter.charge(context, running.whole.estimated)

    async def _shaped(
        self, executable: Executable, variables: JSONObject, context: RequestContext
    ) -> Executable:
        """Return the executable with its shape, which is made in turn if it is large.

        Raises OperationRejected or PlannerOverloaded.
        """
        shape = executable.shape
        if shape.known(variables) is not None:
            return executable
        made = await self._queue.run(
            lambda work: shape.make(variables, work), context.client, 0
        )
        return replace(executable, shape=shape.fixed(made))


def _emit_measured(
    excess: LimitExcess, operation: str, context: RequestContext
) -> None:
    receive = context.sink.receiver(LimitMeasured)
    if receive is not None:
        receive(
            LimitMeasured(
                request_id=context.request_id,
                trace=context.trace,
                client_type=context.client_type,
                operation=operation,
                measured=excess.measured,
                found=excess.found,
                limit=excess.limit,
            )
        )


def _report(
    result: ExecutionResult,
    operation: str,
    charge: CostCharge | None,
    context: RequestContext,
) -> None:
    """Report the costs of an execution and the measured limit that it exceeds.

    Give back what it was charged too much.
    """
    if result.excess is not None:
        _emit_measured(result.excess, operation, context)
    if result.cost is not None:
        emit_cost(result.cost, context)
        if charge is not None:
            charge.settle(result.cost.actual)
