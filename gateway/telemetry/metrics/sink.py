"""Events as metrics; durations in seconds.

The registry of labels (`label_registry`) decides which values they can have.
"""

from bisect import bisect_left
from typing import Final, NamedTuple

from weir.gateway.clock import Clock
from weir.gateway.events import (
    AttemptFinished,
    BackendFinished,
    CacheUsed,
    ConfigRejected,
    ControlDecision,
    CopyFinished,
    CostExceeded,
    Event,
    EventLoopStalled,
    EventReceiver,
    ExecutionFinished,
    FallbackUsed,
    FetchFinished,
    GenerationChanged,
    LimitMeasured,
    OperationCosted,
    PlanBuilt,
    PlanCompiled,
    RateLimitRefused,
    RequestFinished,
    SecurityDecision,
    SharedStoreChanged,
    SharedStoreFallback,
    StepFinished,
    StreamPassed,
    UnknownOperation,
)
from weir.gateway.telemetry.metrics.series import DURATION_BOUNDS_S, Cell, Histogram
from weir.gateway.telemetry.metrics.snapshot import Exemplar, Labels
from weir.gateway.telemetry.metrics.store import MetricsStore
from weir.gateway.telemetry.objective import CurrentObjectives
from weir.gateway.trace_parent import SAMPLED_FLAGS

_CONTROL: Final = "control"
_CLIENT: Final = ("client",)
_EXECUTE: Final = ("execute",)
_RATE_LIMITED: Final = "RATE_LIMITED"
_BACKOFF: Final = "BACKOFF"
_SERVER_ERROR: Final = 500
_REFUSALS: Final = frozenset(
    {
        *("ADDRESS_NOT_ALLOWED", "PLAN_UNKNOWN", "UNSUPPORTED_MEDIA_TYPE"),
        *("PAYLOAD_TOO_LARGE", "GRAPHQL_LIMIT_EXCEEDED", "RESPONSE_TOO_LARGE"),
        *("COST_ESTIMATED_TOO_EXPENSIVE", "COST_SLICING_ARGUMENT_REQUIRED"),
        *("PLANNING_BUDGET_EXCEEDED", "PLANNER_OVERLOADED", "GATEWAY_OVERLOADED"),
    }
)
"""The codes of refused requests that have no event of their own."""


class _RequestCells(NamedTuple):
    """The cells that a request adds to; the durations are a row of the histogram."""

    requests: Cell
    durations: list[float]
    sent: Cell


class _AttemptCells(NamedTuple):
    """The cells that an attempt adds to."""

    durations: list[float]
    sent: Cell
    received: Cell


class MetricsSink:
    """A sink that records events in a store, used by the event loop only.

    The states of breakers and instances are not recorded here but read at each
    snapshot. Events report changes only: neither the first states, nor removals.

    With the clock of `exemplars`, durations of sampled requests have their traces.
    """

    def __init__(
        self,
        store: MetricsStore,
        objectives: CurrentObjectives | None = None,
        exemplars: Clock | None = None,
    ) -> None:
        self._store = store
        self._clock = exemplars
        self._objectives = objectives or CurrentObjectives()
        self._requests: dict[tuple[str, str, int, str], _RequestCells] = {}
        self._attempts: dict[tuple[str, str], _AttemptCells] = {}
        self._recorders: dict[type[Event], EventReceiver] = {
            RequestFinished: self._record_request,
            StepFinished: self._record_step,
            AttemptFinished: self._record_attempt,
            FetchFinished: self._record_fetch,
            PlanBuilt: self._record_plan,
            CacheUsed: self._record_cache,
            FallbackUsed: self._record_fallback,
            CopyFinished: self._record_copy,
            BackendFinished: self._record_backend,
            SharedStoreChanged: self._record_shared_store,
            SharedStoreFallback: self._record_store_fallback,
            GenerationChanged: self._record_generation,
            ConfigRejected: self._record_rejection,
            SecurityDecision: self._record_decision,
            ControlDecision: self._record_control,
            EventLoopStalled: self._record_stall,
            UnknownOperation: self._record_unknown,
            OperationCosted: self._record_cost,
            CostExceeded: self._record_exceeded,
            LimitMeasured: self._record_measured,
            RateLimitRefused: self._record_refusal,
            ExecutionFinished: self._record_execution,
            PlanCompiled: self._record_compilation,
            StreamPassed: self._record_stream,
        }
        if exemplars is not None:
            self._recorders |= {
                RequestFinished: self._record_traced_request,
                AttemptFinished: self._record_traced_attempt,
            }

    def receiver(self, event_type: type[Event]) -> EventReceiver | None:
        return self._recorders.get(event_type)

    def emit(self, event: Event) -> None:
        self._recorders[type(event)](event)

    def _record_request(self, event: RequestFinished) -> None:
        store, client_type = self._store, event.client_type
        duration_s = event.ended_s - event.started_s
        key = event.method, event.route, event.status, client_type
        cells = self._requests.get(key)
        if cells is None:
            cells = self._cells_of_request(event)
        requests, durations, sent = cells
        requests[0] += 1
        durations[bisect_left(DURATION_BOUNDS_S, duration_s)] += 1
        durations[-1] += duration_s
        sent[0] += event.bytes_out
        if event.operation:
            store.operation_duration.observe((client_type, event.operation), duration_s)
        if event.bytes_in:
            store.received_bytes.add((client_type,), event.bytes_in)
        if event.client_s:
            store.step_duration.observe(_CLIENT, event.client_s)
        if event.client_name:
            self._record_application(event)
        if event.error_code or event.failures or event.status >= _SERVER_ERROR:
            self._record_failures(event)
        if self._objectives.now.all:
            self._record_objectives(event)

    def _record_failures(self, event: RequestFinished) -> None:
        store, client_type = self._store, event.client_type
        if client_type and (event.failures or event.status >= _SERVER_ERROR):
            store.failed_requests.add((client_type, event.operation))
        if event.error_code:
            store.errors.add((event.error_code, client_type))
        if event.error_code in _REFUSALS:
            store.refusals.add((event.error_code,))
        for failure in event.failures:
            code = failure.code
            store.partial_responses.add(
                (client_type, event.operation, failure.service, code)
            )
            store.response_errors.add(
                (client_type, failure.service, code), failure.count
            )

    def _cells_of_request(self, event: RequestFinished) -> _RequestCells:
        """Return the cells of a request, which are found once for each of its kind.

        Labels that are `other` now may be values of the next configuration.
        """
        store, client_type = self._store, event.client_type
        method, route = event.method, event.route
        labels = method, route, str(event.status), client_type
        timed = method, route, client_type
        cells = _RequestCells(
            store.requests.cell(labels),
            store.request_duration.row(timed),
            store.sent_bytes.cell((client_type,)),
        )
        if labels in store.requests and timed in store.request_duration:
            self._requests[method, route, event.status, client_type] = cells
        return cells

    def _record_traced_request(self, event: RequestFinished) -> None:
        self._record_request(event)
        if event.trace.flags in SAMPLED_FLAGS:
            labels = event.method, event.route, event.client_type
            self._exemplify(self._store.request_duration, labels, event)

    def _record_traced_attempt(self, event: AttemptFinished) -> None:
        self._record_attempt(event)
        if event.trace.flags in SAMPLED_FLAGS:
            labels = event.upstream, event.endpoint
            self._exemplify(self._store.backend_duration, labels, event)

    def _exemplify(
        self,
        durations: Histogram,
        labels: Labels,
        event: RequestFinished | AttemptFinished,
    ) -> None:
        assert self._clock is not None, "without it, there are no traced requests"
        duration_s = event.ended_s - event.started_s
        exemplar = Exemplar(event.trace.trace_id, duration_s, self._clock.epoch_s())
        durations.exemplify(labels, exemplar)

    def _record_application(self, event: RequestFinished) -> None:
        self._store.client_requests.add(
            (event.client_type, event.client_name, event.client_version)
        )

    def _record_objectives(self, event: RequestFinished) -> None:
        store = self._store
        for objective, verdict in self._objectives.now.verdicts(event):
            name = objective.name
            store.slo_requests.add((name,))
            if verdict == "good":
                store.slo_good.add((name,))
            else:
                service = event.failures[0].service if event.failures else ""
                store.slo_bad.add((name, verdict, service))

    def _record_step(self, event: StepFinished) -> None:
        self._store.step_duration.observe(
            (event.step,), event.ended_s - event.started_s
        )

    def _record_execution(self, event: ExecutionFinished) -> None:
        self._store.step_duration.observe(_EXECUTE, event.ended_s - event.started_s)

    def _record_compilation(self, event: PlanCompiled) -> None:
        self._store.compile_duration.observe((), event.ended_s - event.started_s)

    def _record_stream(self, event: StreamPassed) -> None:
        labels = (event.upstream,)
        self._store.service_sent_bytes.add(labels, event.bytes_out)
        self._store.service_received_bytes.add(labels, event.bytes_in)
        if event.frames_out:
            self._store.service_sent_frames.add(labels, event.frames_out)
        if event.frames_in:
            self._store.service_received_frames.add(labels, event.frames_in)

    def _record_attempt(self, event: AttemptFinished) -> None:
        key = event.upstream, event.endpoint
        cells = self._attempts.get(key)
        if cells is None:
            cells = self._cells_of_attempt(key)
        durations, sent, received = cells
        duration_s = event.ended_s - event.started_s
        durations[bisect_left(DURATION_BOUNDS_S, duration_s)] += 1
        durations[-1] += duration_s
        sent[0] += event.bytes_out
        received[0] += event.bytes_in
        if event.outcome != "ok":
            self._store.errors.add((event.outcome, event.upstream))

    def _cells_of_attempt(self, key: tuple[str, str]) -> _AttemptCells:
        """Return the cells of attempts, which are found once for each endpoint."""
        store, (upstream, _) = self._store, key
        cells = _AttemptCells(
            store.backend_duration.row(key),
            store.service_sent_bytes.cell((upstream,)),
            store.service_received_bytes.cell((upstream,)),
        )
        if key in store.backend_duration:
            self._attempts[key] = cells
        return cells

    def _record_fetch(self, event: FetchFinished) -> None:
        self._store.fetch_duration.observe(
            (event.subgraph,), event.ended_s - event.started_s
        )

    def _record_plan(self, event: PlanBuilt) -> None:
        self._store.plan_duration.observe((), event.ended_s - event.started_s)

    def _record_cache(self, event: CacheUsed) -> None:
        self._store.cache.add((event.cache, event.outcome))

    def _record_fallback(self, event: FallbackUsed) -> None:
        self._store.fallbacks.add((event.upstream, event.kind))

    def _record_copy(self, event: CopyFinished) -> None:
        self._store.copies.add((event.route, event.upstream, event.outcome))

    def _record_backend(self, event: BackendFinished) -> None:
        labels = event.route, event.backend, str(event.status)
        self._store.split_requests.add(labels)

    def _record_shared_store(self, event: SharedStoreChanged) -> None:
        self._store.shared_stores.set((event.store,), float(event.available))

    def _record_store_fallback(self, event: SharedStoreFallback) -> None:
        self._store.store_fallbacks.add((event.store, event.user))

    def _record_generation(self, event: GenerationChanged) -> None:
        self._store.generation.replace([((event.after,), 1.0)])
        self._store.generation_build.set((), event.build_s)
        self._store.composition.set((), event.composition_s)

    def _record_rejection(self, _: ConfigRejected) -> None:
        self._store.rejected.add(())

    def _record_decision(self, event: SecurityDecision) -> None:
        if event.method:
            self._store.auth.add((event.method, event.reason or event.decision))
        else:
            self._store.refused.add((event.decision, event.reason))
        if event.reason:
            self._store.refusals.add((event.reason,))

    def _record_control(self, event: ControlDecision) -> None:
        denied = event.outcome == "denied"
        self._store.auth.add((_CONTROL, event.reason if denied else "allowed"))

    def _record_stall(self, _: EventLoopStalled) -> None:
        self._store.stalls.add(())

    def _record_cost(self, event: OperationCosted) -> None:
        store, client_type = self._store, event.client_type
        if event.subgraph:
            costs, label = store.subgraph_cost, event.subgraph
        else:
            costs, label = store.operation_cost, client_type
        costs.observe((label, "estimated"), event.estimated)
        if event.actual is not None:
            costs.observe((label, "actual"), event.actual)
            # A sum of negative values would not be a counter.
            costs.observe((label, "difference"), max(0, event.estimated - event.actual))

    def _record_exceeded(self, event: CostExceeded) -> None:
        if event.subgraph:
            self._store.subgraph_cost_exceeded.add((event.subgraph,))
        else:
            self._store.cost_exceeded.add((event.client_type,))

    def _record_refusal(self, event: RateLimitRefused) -> None:
        self._store.rate_limit_refusals.add((event.scope, event.limit))
        self._store.refusals.add((_BACKOFF if event.backs_off else _RATE_LIMITED,))

    def _record_measured(self, event: LimitMeasured) -> None:
        self._store.limits_exceeded.add((event.client_type, event.measured))

    def _record_unknown(self, event: UnknownOperation) -> None:
        self._store.unknown_operations.add((event.client_type,))
