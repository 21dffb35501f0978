"""The dashboards of requests: overview, objectives, façades and services."""

from scripts.dashboards.model import (
    Dashboard,
    Variable,
    latencies,
    panel,
    rate,
    share,
)

FACADE = 'client_type=~"$facade"'
SERVICE = 'service=~"$service"'
HEALTHY = f"gateway_instance_healthy{{{SERVICE}}}"
OBJECTIVE = 'objective=~"$objective"'

OVERVIEW = Dashboard(
    "overview",
    "Weir: overview",
    (
        panel(
            "Requests by façade",
            "reqps",
            (
                rate("gateway_requests_total", "client_type", 'client_type!=""'),
                "{{client_type}}",
            ),
        ),
        panel(
            "Failed requests by façade",
            "percentunit",
            (
                share(
                    rate(
                        "gateway_requests_total",
                        "client_type",
                        'client_type!="",status=~"5.."',
                    ),
                    rate("gateway_requests_total", "client_type", 'client_type!=""'),
                ),
                "{{client_type}}",
            ),
        ),
        panel(
            "Latency by façade, 99th percentile",
            "s",
            (
                "histogram_quantile(0.99, "
                + rate("gateway_request_duration_bucket", "le, service")
                + ")",
                "{{service}}",
            ),
        ),
        panel(
            "Responses that lack a part, by service",
            "reqps",
            (
                rate("gateway_partial_responses_total", "service", 'service!=""'),
                "{{service}}",
            ),
        ),
        panel(
            "Burn rate of objectives, 1 hour",
            "none",
            (
                'max by (objective) (gateway_slo_burn_rate{window="1h"})',
                "{{objective}}",
            ),
        ),
        panel(
            "Open circuit breakers and unhealthy instances",
            "none",
            (
                'max by (service) (gateway_circuit_breaker_state{state="open"})',
                "{{service}} open",
            ),
            (
                "count by (service) (gateway_instance_healthy == 0)",
                "{{service}} unhealthy",
            ),
        ),
        panel(
            "Stages of requests, 95th percentile",
            "s",
            (
                "histogram_quantile(0.95, "
                + rate("gateway_step_duration_bucket", "le, step")
                + ")",
                "{{step}}",
            ),
        ),
        panel(
            "Requests in flight",
            "none",
            ("sum by (instance) (gateway_requests_in_flight)", "{{instance}}"),
        ),
        panel(
            "Generations",
            "none",
            (
                "count by (generation) (gateway_generation_info)",
                "{{generation}}",
            ),
        ),
    ),
)

OBJECTIVES = Dashboard(
    "objectives",
    "Weir: objectives",
    (
        panel(
            "Good requests",
            "percentunit",
            (
                share(
                    rate("gateway_slo_good_requests_total", "objective", OBJECTIVE),
                    rate("gateway_slo_requests_total", "objective", OBJECTIVE),
                ),
                "{{objective}}",
            ),
            (
                f"max by (objective) (gateway_slo_target_ratio{{{OBJECTIVE}}})",
                "{{objective}} target",
            ),
        ),
        panel(
            "Burn rate by window",
            "none",
            (
                f"max by (objective, window) (gateway_slo_burn_rate{{{OBJECTIVE}}})",
                "{{objective}} {{window}}",
            ),
        ),
        panel(
            "Bad requests by reason and service",
            "reqps",
            (
                rate(
                    "gateway_slo_bad_requests_total",
                    "objective, reason, service",
                    OBJECTIVE,
                ),
                "{{objective}} {{reason}} {{service}}",
            ),
        ),
        panel(
            "Slow requests by the part that spent the most time",
            "reqps",
            (
                rate(
                    "gateway_slo_slow_parts_total",
                    "objective, part, service",
                    OBJECTIVE,
                ),
                "{{objective}} {{part}} {{service}}",
            ),
        ),
    ),
    (Variable("objective", "gateway_slo_requests_total", "objective"),),
)

FACADES = Dashboard(
    "facades",
    "Weir: façades",
    (
        panel(
            "Requests by status",
            "reqps",
            (rate("gateway_requests_total", "status", FACADE), "{{status}}"),
        ),
        panel(
            "Latency",
            "s",
            *latencies("gateway_request_duration", 'service=~"$facade"'),
        ),
        panel(
            "Requests by route",
            "reqps",
            (
                rate("gateway_requests_total", "method, path", FACADE),
                "{{method}} {{path}}",
            ),
        ),
        panel(
            "Latency by route, 99th percentile",
            "s",
            (
                "histogram_quantile(0.99, "
                + rate(
                    "gateway_request_duration_bucket",
                    "le, method, path",
                    'service=~"$facade"',
                )
                + ")",
                "{{method}} {{path}}",
            ),
        ),
        panel(
            "Responses that lack a part",
            "reqps",
            (
                rate("gateway_partial_responses_total", "service, code", FACADE),
                "{{service}} {{code}}",
            ),
        ),
        panel(
            "Responses that lack a part, by operation",
            "reqps",
            (
                rate("gateway_partial_responses_total", "operation", FACADE),
                "{{operation}}",
            ),
        ),
        panel(
            "Bytes",
            "Bps",
            (
                rate("gateway_received_bytes_total", "client_type", FACADE),
                "{{client_type}} received",
            ),
            (
                rate("gateway_sent_bytes_total", "client_type", FACADE),
                "{{client_type}} sent",
            ),
        ),
        panel(
            "Errors of requests",
            "reqps",
            (
                rate("gateway_errors_total", "error_type", 'service=~"$facade"'),
                "{{error_type}}",
            ),
        ),
        panel(
            "Costs of operations, 95th percentile",
            "none",
            (
                "histogram_quantile(0.95, "
                + rate("gateway_operation_cost_bucket", "le, kind", FACADE)
                + ")",
                "{{kind}}",
            ),
        ),
    ),
    (Variable("facade", "gateway_requests_total", "client_type"),),
)

OPERATION = 'client_type=~"$facade",operation=~"$operation"'

OPERATIONS = Dashboard(
    "operations",
    "Weir: operations",
    (
        panel(
            "Requests of stored operations",
            "reqps",
            (
                rate(
                    "gateway_operation_duration_count",
                    "client_type, operation",
                    OPERATION,
                ),
                "{{client_type}} {{operation}}",
            ),
        ),
        panel("Latency", "s", *latencies("gateway_operation_duration", OPERATION)),
        panel(
            "Latency by operation, 99th percentile",
            "s",
            (
                "histogram_quantile(0.99, "
                + rate(
                    "gateway_operation_duration_bucket",
                    "le, client_type, operation",
                    OPERATION,
                )
                + ")",
                "{{client_type}} {{operation}}",
            ),
        ),
        panel(
            "Responses that lack a part, by operation and service",
            "reqps",
            (
                rate(
                    "gateway_partial_responses_total",
                    "operation, service, code",
                    OPERATION,
                ),
                "{{operation}} {{service}} {{code}}",
            ),
        ),
    ),
    (
        Variable("facade", "gateway_operation_duration_count", "client_type"),
        Variable("operation", "gateway_operation_duration_count", "operation"),
    ),
)

SERVICES = Dashboard(
    "services",
    "Weir: services",
    (
        panel(
            "Attempts by endpoint",
            "reqps",
            (
                rate("gateway_backend_duration_count", "service, endpoint", SERVICE),
                "{{service}} {{endpoint}}",
            ),
        ),
        panel(
            "Latency of attempts", "s", *latencies("gateway_backend_duration", SERVICE)
        ),
        panel(
            "Calls in flight and waiting",
            "none",
            (
                (f"sum by (service) (gateway_service_requests_in_flight{{{SERVICE}}})"),
                "{{service}} in flight",
            ),
            (
                f"sum by (service) (gateway_service_requests_waiting{{{SERVICE}}})",
                "{{service}} waiting",
            ),
        ),
        panel(
            "Bytes",
            "Bps",
            (
                rate("gateway_service_sent_bytes_total", "service", SERVICE),
                "{{service}} sent",
            ),
            (
                rate("gateway_service_received_bytes_total", "service", SERVICE),
                "{{service}} received",
            ),
        ),
        panel(
            "Failed attempts by code",
            "reqps",
            (
                rate("gateway_errors_total", "service, error_type", SERVICE),
                "{{service}} {{error_type}}",
            ),
        ),
        panel(
            "Responses that lack a part of the service",
            "reqps",
            (
                rate("gateway_partial_responses_total", "service, code", SERVICE),
                "{{service}} {{code}}",
            ),
        ),
        panel(
            "Circuit breakers",
            "none",
            (
                (
                    "max by (service, state)"
                    f' (gateway_circuit_breaker_state{{{SERVICE},state!="closed"}})'
                ),
                "{{service}} {{state}}",
            ),
            (
                (
                    "max by (service, operation, state)"
                    " (gateway_operation_circuit_breaker_state"
                    f'{{{SERVICE},state!="closed"}})'
                ),
                "{{service}} {{operation}} {{state}}",
            ),
        ),
        panel(
            "Healthy instances",
            "none",
            (
                f"count by (service) (min by (service, instance) ({HEALTHY}) == 1)",
                "{{service}}",
            ),
            (
                f"max by (service) (gateway_service_panic{{{SERVICE}}})",
                "{{service}} panic",
            ),
        ),
        panel(
            "Responses of fallbacks",
            "reqps",
            (
                rate("gateway_fallbacks_total", "service, kind", SERVICE),
                "{{service}} {{kind}}",
            ),
        ),
        panel(
            "Latency of fetches by subgraph, 95th percentile",
            "s",
            (
                "histogram_quantile(0.95, "
                + rate("gateway_fetch_duration_bucket", "le, subgraph")
                + ")",
                "{{subgraph}}",
            ),
        ),
    ),
    (Variable("service", "gateway_backend_duration_count", "service"),),
)
