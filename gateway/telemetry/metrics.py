"""The gateway's metrics by name: what is measured, and by which labels."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from weir.gateway.telemetry.series import Counter, Family, Gauge, Histogram


@dataclass(frozen=True, slots=True)
class Metrics:
    """One set of series; nothing is counted yet."""

    requests: Counter = field(
        default_factory=lambda: Counter(
            "gateway_requests",
            "Client requests answered.",
            ("method", "path", "status", "client_type"),
        )
    )
    request_duration: Histogram = field(
        default_factory=lambda: Histogram(
            "gateway_request_duration",
            "Seconds from a request's head to its answer.",
            ("method", "path", "service"),
        )
    )
    backend_duration: Histogram = field(
        default_factory=lambda: Histogram(
            "gateway_backend_duration",
            "Seconds of one attempt at an upstream.",
            ("service", "endpoint"),
        )
    )
    fetch_duration: Histogram = field(
        default_factory=lambda: Histogram(
            "gateway_fetch_duration",
            "Seconds of one fetch of a plan, with its retries.",
            ("subgraph",),
        )
    )
    plan_duration: Histogram = field(
        default_factory=lambda: Histogram(
            "gateway_plan_duration", "Seconds of planning an operation.", ()
        )
    )
    errors: Counter = field(
        default_factory=lambda: Counter(
            "gateway_errors",
            "Errors by the error table's code, of clients' requests and of attempts.",
            ("error_type", "service"),
        )
    )
    breakers: Gauge = field(
        default_factory=lambda: Gauge(
            "gateway_circuit_breaker_state",
            "1 for the state that an upstream's circuit breaker is in.",
            ("service", "state"),
        )
    )
    operation_breakers: Gauge = field(
        default_factory=lambda: Gauge(
            "gateway_operation_circuit_breaker_state",
            "1 for the state that the circuit breaker of an operation is in.",
            ("service", "operation", "state"),
        )
    )
    fallbacks: Counter = field(
        default_factory=lambda: Counter(
            "gateway_fallbacks",
            "Calls that failed and were answered by a fallback.",
            ("service", "kind"),
        )
    )
    instances: Gauge = field(
        default_factory=lambda: Gauge(
            "gateway_instance_healthy",
            "1 where an instance gets traffic, 0 where it is ejected.",
            ("service", "instance"),
        )
    )
    cache: Counter = field(
        default_factory=lambda: Counter(
            "gateway_cache_requests", "Questions to a cache.", ("cache_type", "outcome")
        )
    )
    cache_hit_rate: Gauge = field(
        default_factory=lambda: Gauge(
            "gateway_cache_hit_rate",
            "Share of a cache's questions that it answered, since the start.",
            ("cache_type",),
        )
    )
    shared_stores: Gauge = field(
        default_factory=lambda: Gauge(
            "gateway_shared_store_available",
            "1 while a store that gateways share answers, 0 while each has its own.",
            ("store",),
        )
    )
    generation: Gauge = field(
        default_factory=lambda: Gauge(
            "gateway_generation_info", "1 for the serving generation.", ("generation",)
        )
    )
    rejected: Counter = field(
        default_factory=lambda: Counter(
            "gateway_config_rejections", "Configurations refused.", ()
        )
    )
    refused: Counter = field(
        default_factory=lambda: Counter(
            "gateway_security_decisions",
            "What was refused for safety.",
            ("decision", "reason"),
        )
    )

    def collect(self) -> Iterator[Family]:
        for each in fields(self):
            series: Counter | Gauge | Histogram = getattr(self, each.name)
            yield series.collect()
