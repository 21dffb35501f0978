"""The gateway's metrics: their names, documentation and labels, and their values."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Final

from weir.gateway.telemetry.metrics.series import (
    COST_BOUNDS,
    DURATION_BOUNDS_S,
    Counter,
    Gauge,
    Histogram,
)
from weir.gateway.telemetry.metrics.snapshot import Description, Merge, MetricsSnapshot

CACHE_REQUESTS: Final = Description(
    "gateway_cache_requests", "Cache lookups.", ("cache_type", "outcome")
)


def _counted(about: Description) -> Counter:
    return field(default_factory=lambda: Counter(about))


def _counter(name: str, documentation: str, labels: tuple[str, ...] = ()) -> Counter:
    return _counted(Description(name, documentation, labels))


def _gauge(
    merge: Merge, name: str, documentation: str, labels: tuple[str, ...] = ()
) -> Gauge:
    about = Description(name, documentation, labels)
    return field(default_factory=lambda: Gauge(about, merge))


def _histogram(
    name: str,
    documentation: str,
    labels: tuple[str, ...] = (),
    bounds: Sequence[float] = DURATION_BOUNDS_S,
) -> Histogram:
    about = Description(name, documentation, labels)
    return field(default_factory=lambda: Histogram(about, bounds))


@dataclass(frozen=True, slots=True)
class MetricsStore:
    """The metrics of one process, as plain numbers; `snapshot` copies them.

    Snapshots of several stores can be added up.
    """

    requests: Counter = _counter(
        "gateway_requests",
        "Client requests with a response.",
        ("method", "path", "status", "client_type"),
    )
    request_duration: Histogram = _histogram(
        "gateway_request_duration",
        "Seconds from a request's head to the end of its response.",
        ("method", "path", "service"),
    )
    client_requests: Counter = _counter(
        "gateway_client_requests",
        "Requests of applications that name themselves; beyond 200 versions, `other`.",
        ("client_type", "client_name", "client_version"),
    )
    operation_duration: Histogram = _histogram(
        "gateway_operation_duration",
        "Seconds of the requests of stored operations.",
        ("client_type", "operation"),
    )
    received_bytes: Counter = _counter(
        "gateway_received_bytes",
        "Bytes of the bodies of clients' requests.",
        ("client_type",),
    )
    sent_bytes: Counter = _counter(
        "gateway_sent_bytes",
        "Bytes of the bodies of responses to clients.",
        ("client_type",),
    )
    step_duration: Histogram = _histogram(
        "gateway_step_duration",
        "Seconds for which requests waited: for a guard, authenticate, check, for a "
        "turn (queue), an identical query (share), or their client (client); and "
        "those of operations that were executed (execute).",
        ("step",),
    )
    backend_duration: Histogram = _histogram(
        "gateway_backend_duration",
        "Seconds of one attempt at an upstream.",
        ("service", "endpoint"),
    )
    service_sent_bytes: Counter = _counter(
        "gateway_service_sent_bytes",
        "Bytes of the bodies of calls and streams to a service, and of WebSocket data.",
        ("service",),
    )
    service_received_bytes: Counter = _counter(
        "gateway_service_received_bytes",
        "Bytes of the decoded bodies of a service's responses, of streams as they "
        "come, and of WebSocket data.",
        ("service",),
    )
    service_sent_frames: Counter = _counter(
        "gateway_service_sent_frames",
        "Frames of WebSocket that were passed on to a service.",
        ("service",),
    )
    service_received_frames: Counter = _counter(
        "gateway_service_received_frames",
        "Frames of WebSocket of a service that were passed on to clients.",
        ("service",),
    )
    fetch_duration: Histogram = _histogram(
        "gateway_fetch_duration",
        "Seconds of one fetch of a plan, with its retries.",
        ("subgraph",),
    )
    plan_duration: Histogram = _histogram(
        "gateway_plan_duration", "Seconds of planning an operation."
    )
    compile_duration: Histogram = _histogram(
        "gateway_compile_duration", "Seconds of compiling a plan that is used often."
    )
    errors: Counter = _counter(
        "gateway_errors",
        "Errors by the error table's code, of clients' requests and of attempts.",
        ("error_type", "service"),
    )
    failed_requests: Counter = _counter(
        "gateway_failed_requests",
        "Requests with a client type that failed, or whose response lacks a part.",
        ("client_type", "operation"),
    )
    partial_responses: Counter = _counter(
        "gateway_partial_responses",
        "Responses that lack a part, by the service and code of the failure.",
        ("client_type", "operation", "service", "code"),
    )
    response_errors: Counter = _counter(
        "gateway_response_errors",
        "Errors in responses, each once, by the service and code of the failure.",
        ("client_type", "service", "code"),
    )
    fallbacks: Counter = _counter(
        "gateway_fallbacks",
        "Failed calls with a response from a fallback.",
        ("service", "kind"),
    )
    copies: Counter = _counter(
        "gateway_mirrored_requests",
        "Copies of requests for the mirror of a route: ok, dropped (too many in "
        "flight), too_large, or the code of an error.",
        ("path", "service", "outcome"),
    )
    split_requests: Counter = _counter(
        "gateway_split_requests",
        "Requests of a route with several backends, by the backend and its status.",
        ("path", "backend", "status"),
    )
    store_fallbacks: Counter = _counter(
        "gateway_shared_store_fallbacks",
        "Decisions of a user of the shared store without a reply by its deadline.",
        ("store", "user"),
    )
    cache: Counter = _counted(CACHE_REQUESTS)
    rejected: Counter = _counter(
        "gateway_config_rejections", "Rejected configurations."
    )
    refused: Counter = _counter(
        "gateway_security_decisions",
        "Rejections for safety.",
        ("decision", "reason"),
    )
    refusals: Counter = _counter(
        "gateway_refusals",
        "Requests and connections that were refused, by the code of the reason; "
        "BACKOFF for clients that a rate limit has refused too often.",
        ("reason",),
    )
    rate_limit_refusals: Counter = _counter(
        "gateway_rate_limit_refusals",
        "Requests that a rate limit has refused.",
        ("scope", "limit"),
    )
    stalls: Counter = _counter(
        "gateway_event_loop_stalls",
        "Delays of the event loop of more than 100 ms, during which no request "
        "continued.",
    )
    unknown_operations: Counter = _counter(
        "gateway_unknown_operations",
        "Distinct documents that are not stored operations, with "
        "`operation_access: log_unknown`.",
        ("client_type",),
    )
    operation_cost: Histogram = _histogram(
        "gateway_operation_cost",
        "Costs of operations, estimated and actual, and the difference.",
        ("client_type", "kind"),
        COST_BOUNDS,
    )
    cost_exceeded: Counter = _counter(
        "gateway_operation_cost_exceeded",
        "Operations with an estimated cost above the maximum.",
        ("client_type",),
    )
    limits_exceeded: Counter = _counter(
        "gateway_operation_limit_exceeded",
        "Operations beyond a limit of their façade that is only measured.",
        ("client_type", "measured"),
    )
    subgraph_cost: Histogram = _histogram(
        "gateway_subgraph_cost",
        "Costs of the parts of operations in subgraphs with a limit.",
        ("subgraph", "kind"),
        COST_BOUNDS,
    )
    subgraph_cost_exceeded: Counter = _counter(
        "gateway_subgraph_cost_exceeded",
        "Operations whose part in a subgraph is estimated to cost more than its limit.",
        ("subgraph",),
    )
    auth: Counter = _counter(
        "gateway_auth",
        "Decisions on callers: allowed, or the code of the error.",
        ("method", "outcome"),
    )
    slo_requests: Counter = _counter(
        "gateway_slo_requests",
        "Requests that count for an objective.",
        ("objective",),
    )
    slo_good: Counter = _counter(
        "gateway_slo_good_requests",
        "Requests of an objective that were complete within its time.",
        ("objective",),
    )
    slo_bad: Counter = _counter(
        "gateway_slo_bad_requests",
        "Other requests of an objective: failed, incomplete by the service of the "
        "first missing part, or slow.",
        ("objective", "reason", "service"),
    )
    slo_slow_parts: Counter = _counter(
        "gateway_slo_slow_parts",
        "Slow requests of an objective by the part that spent the most of their time: "
        "gateway, queue, service, shared or client; of up to 100 in a second.",
        ("objective", "part", "service"),
    )
    worker_ends: Counter = _counter(
        "gateway_worker_ends",
        "Workers that ended without being stopped (ended), were killed as their event "
        "loop did not run (hung), or could not start (failed).",
        ("reason",),
    )
    dropped_lines: Counter = _counter(
        "gateway_log_lines_dropped",
        "Lines of a log that were not written, as its reader was too slow or its file "
        "could not be written.",
        ("log",),
    )
    exported_lines: Counter = _counter(
        "gateway_exported_log_lines",
        "Lines of the log for the collector: exported, failed, or dropped as the queue "
        "was full.",
        ("outcome",),
    )
    reported_exceptions: Counter = _counter(
        "gateway_reported_exceptions",
        "Unexpected exceptions for Sentry: reported, or dropped beyond five a second.",
        ("outcome",),
    )
    spans: Counter = _counter(
        "gateway_trace_spans",
        "Spans of traces: exported, failed (rejected by the collector, or not sent "
        "in time), or dropped as the queue was full.",
        ("outcome",),
    )
    breakers: Gauge = _gauge(
        Merge.MAX,
        "gateway_circuit_breaker_state",
        "1 for the current state of an upstream's circuit breaker.",
        ("service", "state"),
    )
    service_in_flight: Gauge = _gauge(
        Merge.SUM,
        "gateway_service_requests_in_flight",
        "Attempts and open streams at the instances of a service.",
        ("service",),
    )
    service_waiting: Gauge = _gauge(
        Merge.SUM,
        "gateway_service_requests_waiting",
        "Calls and streams that wait for a limit of a service.",
        ("service",),
    )
    operation_breakers: Gauge = _gauge(
        Merge.MAX,
        "gateway_operation_circuit_breaker_state",
        "1 for the current state of the circuit breaker of an operation.",
        ("service", "operation", "state"),
    )
    instances: Gauge = _gauge(
        Merge.MIN,
        "gateway_instance_healthy",
        "1 for an instance that gets traffic, 0 for an ejected one.",
        ("service", "instance"),
    )
    limit_shares: Gauge = _gauge(
        Merge.MIN,
        "gateway_rate_limit_share",
        "The share of an adaptive rate limit that is allowed, 1 for all of it.",
        ("service", "scope", "limit"),
    )
    panics: Gauge = _gauge(
        Merge.MAX,
        "gateway_service_panic",
        "1 while so few instances are healthy that calls also go to others.",
        ("service",),
    )
    stale_discoveries: Gauge = _gauge(
        Merge.MAX,
        "gateway_discovery_stale_seconds",
        "Time for which the instances have not been those of their source, or 0.",
        ("service",),
    )
    issuer_keys: Gauge = _gauge(
        Merge.MAX,
        "gateway_issuer_keys_age_seconds",
        "Time since the keys of an issuer of tokens were loaded.",
        ("issuer",),
    )
    shared_stores: Gauge = _gauge(
        Merge.MIN,
        "gateway_shared_store_available",
        "1 for a shared store that responds, 0 while it is unavailable.",
        ("store",),
    )
    generation: Gauge = _gauge(
        Merge.MAX,
        "gateway_generation_info",
        "1 for the serving generation.",
        ("generation",),
    )
    generation_age: Gauge = _gauge(
        Merge.MAX,
        "gateway_generation_age_seconds",
        "Time since the serving generation was built.",
    )
    generation_build: Gauge = _gauge(
        Merge.MAX,
        "gateway_generation_build_seconds",
        "Time that the serving generation took to build, with the SDLs of services.",
    )
    composition: Gauge = _gauge(
        Merge.MAX,
        "gateway_composition_seconds",
        "Time that the graphs of the serving generation took to compose.",
    )
    certificates: Gauge = _gauge(
        Merge.MIN,
        "gateway_certificate_expiry_seconds",
        "Time at which a certificate of the gateway expires, since the epoch.",
        ("certificate",),
    )
    burn_rates: Gauge = _gauge(
        Merge.MAX,
        "gateway_slo_burn_rate",
        "Share of bad requests in a window, by the share that the target allows.",
        ("objective", "window"),
    )
    targets: Gauge = _gauge(
        Merge.MAX,
        "gateway_slo_target_ratio",
        "The share of good requests that is the target of an objective.",
        ("objective",),
    )
    workers: Gauge = _gauge(
        Merge.SUM,
        "gateway_workers",
        "Workers of the supervisor, by their state: starting, serving, or leaving.",
        ("state",),
    )
    configured_workers: Gauge = _gauge(
        Merge.SUM, "gateway_workers_configured", "Workers that should serve."
    )
    connections: Gauge = _gauge(
        Merge.SUM, "gateway_active_connections", "Open client connections."
    )
    in_flight: Gauge = _gauge(
        Merge.SUM, "gateway_requests_in_flight", "Client requests in flight."
    )
    loop_lag: Gauge = _gauge(
        Merge.MAX,
        "gateway_event_loop_lag_seconds",
        "Longest delay of the event loop in the last 15 to 30 seconds.",
    )
    preparations_waiting: Gauge = _gauge(
        Merge.SUM,
        "gateway_preparations_waiting",
        "New operations that wait to be planned.",
    )
    sdl_copies: Gauge = _gauge(
        Merge.MAX,
        "gateway_sdl_copies_in_use",
        "Services that are down, and whose last SDL is used instead.",
    )
    plan_cache: Gauge = _gauge(
        Merge.SUM,
        "gateway_plan_cache_bytes",
        "Memory of the cached plans of all façades.",
    )
    compiled_plans: Gauge = _gauge(
        Merge.SUM,
        "gateway_compiled_plans",
        "Plans that were due to be compiled: compiled, partly, or interpreted.",
        ("code",),
    )
    oldest_preparation: Gauge = _gauge(
        Merge.MAX,
        "gateway_preparation_oldest_seconds",
        "Age of the oldest new operation that is not planned yet.",
    )

    def snapshot(self) -> MetricsSnapshot:
        """Return a copy of all values."""
        metrics: list[Counter | Gauge | Histogram] = [
            getattr(self, each.name) for each in fields(self)
        ]
        counters = (each.snapshot() for each in metrics if isinstance(each, Counter))
        gauges = (each.snapshot() for each in metrics if isinstance(each, Gauge))
        histograms = (
            each.snapshot() for each in metrics if isinstance(each, Histogram)
        )
        return MetricsSnapshot(
            {each.about.name: each for each in counters},
            {each.about.name: each for each in gauges},
            {each.about.name: each for each in histograms},
        )

    def absorb(self, added: MetricsSnapshot) -> None:
        """Add what another process has counted and observed, without its gauges."""
        for each in fields(self):
            metric: Counter | Gauge | Histogram = getattr(self, each.name)
            match metric:
                case Counter():
                    metric.absorb(added.counters[metric.about.name])
                case Histogram():
                    metric.absorb(added.histograms[metric.about.name])
                case Gauge():
                    pass
