"""The dashboards of processes: their runtime, and the limits that they apply."""

from scripts.dashboards.model import INTERVAL, Dashboard, latencies, panel, rate

RUNTIME = Dashboard(
    "runtime",
    "Weir: runtime",
    (
        panel(
            "CPU",
            "percentunit",
            (
                f"sum by (instance) (rate(process_cpu_seconds_total[{INTERVAL}]))",
                "{{instance}}",
            ),
        ),
        panel(
            "Memory",
            "bytes",
            ("max by (instance) (process_resident_memory_bytes)", "{{instance}}"),
            ("max by (instance) (gateway_plan_cache_bytes)", "{{instance}} plans"),
        ),
        panel(
            "Delay of the event loop",
            "s",
            ("max by (instance) (gateway_event_loop_lag_seconds)", "{{instance}}"),
        ),
        panel(
            "Stalls of the event loop",
            "ops",
            (rate("gateway_event_loop_stalls_total", "instance"), "{{instance}}"),
        ),
        panel(
            "Connections and descriptors",
            "none",
            (
                "max by (instance) (gateway_active_connections)",
                "{{instance}} connections",
            ),
            ("max by (instance) (process_open_fds)", "{{instance}} descriptors"),
        ),
        panel("Planning of new operations", "s", *latencies("gateway_plan_duration")),
        panel(
            "Operations that wait to be planned",
            "none",
            (
                "max by (instance) (gateway_preparations_waiting)",
                "{{instance}}",
            ),
            (
                "max by (instance) (gateway_preparation_oldest_seconds)",
                "{{instance}} oldest, in seconds",
            ),
        ),
        panel("Compilation of plans", "s", *latencies("gateway_compile_duration")),
        panel(
            "Workers",
            "none",
            ("sum by (instance, state) (gateway_workers)", "{{instance}} {{state}}"),
            (
                "sum by (instance) (gateway_workers_configured)",
                "{{instance}} configured",
            ),
            (
                "sum by (instance, reason) (increase(gateway_worker_ends_total[10m]))",
                "{{instance}} {{reason}}",
            ),
        ),
        panel(
            "Age, build and composition of the generation",
            "s",
            ("max by (instance) (gateway_generation_age_seconds)", "{{instance}} age"),
            (
                "max by (instance) (gateway_generation_build_seconds)",
                "{{instance}} build",
            ),
            (
                "max by (instance) (gateway_composition_seconds)",
                "{{instance}} composition",
            ),
        ),
        panel(
            "Plans by form of their code",
            "none",
            ("sum by (code) (gateway_compiled_plans)", "{{code}}"),
        ),
        panel(
            "Cache lookups",
            "reqps",
            (
                rate("gateway_cache_requests_total", "cache_type, outcome"),
                "{{cache_type}} {{outcome}}",
            ),
        ),
        panel(
            "Shared stores",
            "none",
            (
                "min by (instance, store) (gateway_shared_store_available)",
                "{{instance}} {{store}}",
            ),
            (
                rate("gateway_shared_store_fallbacks_total", "store, user"),
                "{{store}} {{user}} fallbacks",
            ),
        ),
        panel(
            "Lost lines and spans",
            "ops",
            (rate("gateway_log_lines_dropped_total", "log"), "lines of {{log}}"),
            (
                rate("gateway_trace_spans_total", "outcome", 'outcome!="exported"'),
                "spans {{outcome}}",
            ),
        ),
        panel(
            "Time until certificates expire",
            "s",
            (
                (
                    "min by (instance, certificate)"
                    " (gateway_certificate_expiry_seconds) - time()"
                ),
                "{{instance}} {{certificate}}",
            ),
        ),
        panel(
            "Rejected configurations, and SDLs of services that are down",
            "none",
            (
                "sum by (instance) (increase(gateway_config_rejections_total[10m]))",
                "{{instance}} rejected",
            ),
            ("max by (instance) (gateway_sdl_copies_in_use)", "{{instance}} SDLs"),
        ),
    ),
)

LIMITS = Dashboard(
    "limits",
    "Weir: limits",
    (
        panel(
            "Rejections",
            "reqps",
            (
                rate("gateway_security_decisions_total", "reason"),
                "{{reason}}",
            ),
        ),
        panel(
            "Decisions on callers",
            "reqps",
            (rate("gateway_auth_total", "method, outcome"), "{{method}} {{outcome}}"),
        ),
        panel(
            "Operations above the maximum cost",
            "reqps",
            (
                rate("gateway_operation_cost_exceeded_total", "client_type"),
                "{{client_type}}",
            ),
            (
                rate("gateway_subgraph_cost_exceeded_total", "subgraph"),
                "in {{subgraph}}",
            ),
        ),
        panel(
            "Costs in subgraphs, 95th percentile",
            "none",
            (
                "histogram_quantile(0.95, "
                + rate("gateway_subgraph_cost_bucket", "le, subgraph, kind")
                + ")",
                "{{subgraph}} {{kind}}",
            ),
        ),
        panel(
            "Rejected requests by status",
            "reqps",
            (
                rate("gateway_requests_total", "status", 'status=~"4.."'),
                "{{status}}",
            ),
        ),
        panel(
            "Unknown operations",
            "reqps",
            (
                rate("gateway_unknown_operations_total", "client_type"),
                "{{client_type}}",
            ),
        ),
    ),
)
