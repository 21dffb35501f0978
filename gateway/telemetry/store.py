"""The gateway's metrics: their names, documentation and labels, and their values."""

from collections.abc import Sequence
from typing import Final

from weir.gateway.telemetry.series import (
    COST_BOUNDS,
    DURATION_BOUNDS_S,
    Counter,
    Gauge,
    Histogram,
)
from weir.gateway.telemetry.snapshot import Description, Merge, MetricsSnapshot

CACHE_REQUESTS: Final = Description(
    "gateway_cache_requests", "Cache lookups.", ("cache_type", "outcome")
)


class MetricsStore:
    """The metrics of one process, as plain numbers; `snapshot` copies them.

    Snapshots of several stores can be added up.
    """

    def __init__(self) -> None:
        self._counters: list[Counter] = []
        self._gauges: list[Gauge] = []
        self._histograms: list[Histogram] = []
        self.requests = self._counter(
            "gateway_requests",
            "Client requests with a response.",
            ("method", "path", "status", "client_type"),
        )
        self.request_duration = self._histogram(
            "gateway_request_duration",
            "Seconds from a request's head to the end of its response.",
            ("method", "path", "service"),
        )
        self.backend_duration = self._histogram(
            "gateway_backend_duration",
            "Seconds of one attempt at an upstream.",
            ("service", "endpoint"),
        )
        self.fetch_duration = self._histogram(
            "gateway_fetch_duration",
            "Seconds of one fetch of a plan, with its retries.",
            ("subgraph",),
        )
        self.plan_duration = self._histogram(
            "gateway_plan_duration", "Seconds of planning an operation."
        )
        self.errors = self._counter(
            "gateway_errors",
            "Errors by the error table's code, of clients' requests and of attempts.",
            ("error_type", "service"),
        )
        self.partial_responses = self._counter(
            "gateway_partial_responses",
            "Responses that lack a part, by the service and code of the failure.",
            ("client_type", "operation", "service", "code"),
        )
        self.fallbacks = self._counter(
            "gateway_fallbacks",
            "Failed calls with a response from a fallback.",
            ("service", "kind"),
        )
        self.cache = self._counted(CACHE_REQUESTS)
        self.rejected = self._counter(
            "gateway_config_rejections", "Rejected configurations."
        )
        self.refused = self._counter(
            "gateway_security_decisions",
            "Rejections for safety.",
            ("decision", "reason"),
        )
        self.stalls = self._counter(
            "gateway_event_loop_stalls",
            "Delays of the event loop of more than 100 ms, during which no request "
            "continued.",
        )
        self.unknown_operations = self._counter(
            "gateway_unknown_operations",
            "Distinct documents that are not stored operations, with "
            "`operation_access: log_unknown`.",
            ("client_type",),
        )
        self.operation_cost = self._histogram(
            "gateway_operation_cost",
            "Costs of operations, estimated and actual.",
            ("client_type", "kind"),
            COST_BOUNDS,
        )
        self.cost_exceeded = self._counter(
            "gateway_operation_cost_exceeded",
            "Operations with an estimated cost above the maximum.",
            ("client_type",),
        )
        self.auth = self._counter(
            "gateway_auth",
            "Decisions on callers: allowed, or the code of the error.",
            ("method", "outcome"),
        )
        self.spans = self._counter(
            "gateway_trace_spans",
            "Spans of traces: exported, failed (rejected by the collector, or not sent "
            "in time), or dropped as the queue was full.",
            ("outcome",),
        )
        self.breakers = self._gauge(
            Merge.MAX,
            "gateway_circuit_breaker_state",
            "1 for the current state of an upstream's circuit breaker.",
            ("service", "state"),
        )
        self.operation_breakers = self._gauge(
            Merge.MAX,
            "gateway_operation_circuit_breaker_state",
            "1 for the current state of the circuit breaker of an operation.",
            ("service", "operation", "state"),
        )
        self.instances = self._gauge(
            Merge.MIN,
            "gateway_instance_healthy",
            "1 for an instance that gets traffic, 0 for an ejected one.",
            ("service", "instance"),
        )
        self.panics = self._gauge(
            Merge.MAX,
            "gateway_service_panic",
            "1 while so few instances are healthy that calls also go to others.",
            ("service",),
        )
        self.shared_stores = self._gauge(
            Merge.MIN,
            "gateway_shared_store_available",
            "1 for a shared store that responds, 0 while it is unavailable.",
            ("store",),
        )
        self.generation = self._gauge(
            Merge.MAX,
            "gateway_generation_info",
            "1 for the serving generation.",
            ("generation",),
        )
        self.connections = self._gauge(
            Merge.SUM, "gateway_active_connections", "Open client connections."
        )
        self.in_flight = self._gauge(
            Merge.SUM, "gateway_requests_in_flight", "Client requests in flight."
        )
        self.loop_lag = self._gauge(
            Merge.MAX,
            "gateway_event_loop_lag_seconds",
            "Longest delay of the event loop in the last 15 to 30 seconds.",
        )
        self.preparations_waiting = self._gauge(
            Merge.SUM,
            "gateway_preparations_waiting",
            "New operations that wait to be planned.",
        )
        self.sdl_copies = self._gauge(
            Merge.MAX,
            "gateway_sdl_copies_in_use",
            "Services that are down, and whose last SDL is used instead.",
        )
        self.plan_cache = self._gauge(
            Merge.SUM,
            "gateway_plan_cache_bytes",
            "Memory of the cached plans of all façades.",
        )
        self.oldest_preparation = self._gauge(
            Merge.MAX,
            "gateway_preparation_oldest_seconds",
            "Age of the oldest new operation that is not planned yet.",
        )

    def snapshot(self) -> MetricsSnapshot:
        """Return a copy of all values."""
        counters = (each.snapshot() for each in self._counters)
        gauges = (each.snapshot() for each in self._gauges)
        histograms = (each.snapshot() for each in self._histograms)
        return MetricsSnapshot(
            {each.about.name: each for each in counters},
            {each.about.name: each for each in gauges},
            {each.about.name: each for each in histograms},
        )

    def _counter(
        self, name: str, documentation: str, labels: tuple[str, ...] = ()
    ) -> Counter:
        return self._counted(Description(name, documentation, labels))

    def _counted(self, about: Description) -> Counter:
        self._counters.append(Counter(about))
        return self._counters[-1]

    def _gauge(
        self,
        merge: Merge,
        name: str,
        documentation: str,
        labels: tuple[str, ...] = (),
    ) -> Gauge:
        self._gauges.append(Gauge(Description(name, documentation, labels), merge))
        return self._gauges[-1]

    def _histogram(
        self,
        name: str,
        documentation: str,
        labels: tuple[str, ...] = (),
        bounds: Sequence[float] = DURATION_BOUNDS_S,
    ) -> Histogram:
        about = Description(name, documentation, labels)
        self._histograms.append(Histogram(about, bounds))
        return self._histograms[-1]
