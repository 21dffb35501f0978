"""The groups of rules: budgets, services and the gateway itself."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from weir.gateway.json_types import JSONObject
from weir.gateway.telemetry.metrics.alerts.budgets import (
    FacadeBudgets,
    ObjectiveBudgets,
)
from weir.gateway.telemetry.metrics.alerts.rule import alert
from weir.gateway.telemetry.objective import Objective

_SATURATED: Final = 0.8
_RENEWAL_S: Final = 14 * 86_400
"""The time before its end in which a certificate should have been renewed."""
_SERVICE: Final = "{{ $labels.service }}"
_INSTANCE: Final = "{{ $labels.instance }}"

_SERVICES: Final = (
    alert(
        "WeirServiceFails",
        'sum by (service) (rate(gateway_partial_responses_total{service!=""}[5m]))'
        " / ignoring (service) group_left sum(rate(gateway_requests_total[5m])) > 0.01",
        "2m",
        "critical",
        f"{{{{ $value | humanizePercentage }}}} of the responses lack a part of"
        f" {_SERVICE}",
    ),
    alert(
        "WeirBreakerOpen",
        'max by (service) (gateway_circuit_breaker_state{state="open"}) == 1',
        "1m",
        "critical",
        f"the circuit breaker of {_SERVICE} is open",
    ),
    alert(
        "WeirServicePanic",
        "max by (service) (gateway_service_panic) == 1",
        "1m",
        "critical",
        f"so few instances of {_SERVICE} are healthy that calls also go to others",
    ),
    alert(
        "WeirDiscoveryStale",
        "max by (service) (gateway_discovery_stale_seconds) > 60",
        "5m",
        "warning",
        f"the instances of {_SERVICE} are not those of their source",
    ),
    alert(
        "WeirSdlCopyInUse",
        "max(gateway_sdl_copies_in_use) > 0",
        "10m",
        "warning",
        "{{ $value }} services return no SDL, and the last one is used instead",
    ),
)

_GATEWAY: Final = (
    alert(
        "WeirAbsent",
        "absent(gateway_generation_info)",
        "2m",
        "critical",
        "no gateway is scraped",
    ),
    alert(
        "WeirConfigRejected",
        "increase(gateway_config_rejections_total[10m]) > 0",
        "0m",
        "warning",
        f"{_INSTANCE} has rejected a configuration, and serves the one before",
    ),
    alert(
        "WeirSharedStoreLost",
        "min by (instance, store) (gateway_shared_store_available) == 0",
        "1m",
        "warning",
        f"{_INSTANCE} cannot use {{{{ $labels.store }}}}, and caches and limits alone",
    ),
    alert(
        "WeirCertificateExpires",
        "min by (instance, certificate) (gateway_certificate_expiry_seconds)"
        f" - time() < {_RENEWAL_S}",
        "10m",
        "critical",
        f"the certificate of {{{{ $labels.certificate }}}} of {_INSTANCE} expires in"
        " {{ $value | humanizeDuration }}",
    ),
    alert(
        "WeirWorkersMissing",
        'sum by (instance) (gateway_workers{state="serving"})'
        " < sum by (instance) (gateway_workers_configured)",
        "2m",
        "critical",
        f"{{{{ $value }}}} workers of {_INSTANCE} serve, fewer than are configured",
    ),
    alert(
        "WeirEventLoopStalls",
        "increase(gateway_event_loop_stalls_total[10m]) > 3",
        "0m",
        "warning",
        f"the event loop of {_INSTANCE} was held {{{{ $value | humanize }}}} times",
    ),
    alert(
        "WeirSpansLost",
        "sum by (instance)"
        ' (increase(gateway_trace_spans_total{outcome!="exported"}[10m])) > 0',
        "10m",
        "warning",
        f"{_INSTANCE} has lost {{{{ $value | humanize }}}} spans in 10 minutes",
    ),
)


@dataclass(frozen=True, slots=True)
class AlertLimits:
    """The objectives of the requests of façades, limits of the server, and labels.

    `objective` is the share of requests of each façade without a failure, `objectives`
    are those of the configuration. Metrics do not have the labels that are `dropped`.
    """

    objective: float
    in_flight: int
    connections: int
    objectives: tuple[Objective, ...] = ()
    dropped: frozenset[str] = frozenset()


def alert_rules(limits: AlertLimits) -> JSONObject:
    """Return the content of a rule file."""
    facades = FacadeBudgets(limits.objective)
    objectives = ObjectiveBudgets(limits.objectives)
    groups: list[JSONObject] = [
        {"name": "weir-error-ratios", "rules": [*facades.ratios()]},
        {"name": "weir-error-budgets", "rules": [*facades.alerts()]},
        {"name": "weir-objective-ratios", "rules": [*objectives.ratios()]},
        {"name": "weir-objective-budgets", "rules": [*objectives.alerts()]},
        {
            "name": "weir-services",
            "rules": [
                *_SERVICES,
                _operation_breakers(limits.dropped),
                _ejected_instances(limits.dropped),
            ],
        },
        {"name": "weir-gateway", "rules": [*_GATEWAY, *_saturated(limits)]},
    ]
    return {"groups": [each for each in groups if each["rules"]]}


def _operation_breakers(dropped: AbstractSet[str]) -> JSONObject:
    """Return the alert of operations, or of any of a service without their label."""
    by, of = "service, operation", "{{ $labels.operation }}"
    if "operation" in dropped:
        by, of = "service", "an operation"
    return alert(
        "WeirOperationBreakerOpen",
        f'max by ({by}) (gateway_operation_circuit_breaker_state{{state="open"}}) == 1',
        "1m",
        "warning",
        f"the circuit breaker of {of} of {_SERVICE} is open",
    )


def _ejected_instances(dropped: AbstractSet[str]) -> JSONObject:
    """Return the alert of instances, or of any of a service without their label.

    Prometheus names the label `exported_instance`, unless the scrape has
    `honor_labels`, as each target has a label `instance` as well.
    """
    by, of = (
        "service, instance, exported_instance",
        "{{ or $labels.exported_instance $labels.instance }}",
    )
    if "instance" in dropped:
        by, of = "service", "an instance"
    return alert(
        "WeirInstanceEjected",
        f"min by ({by}) (gateway_instance_healthy) == 0",
        "5m",
        "warning",
        f"{of} of {_SERVICE} gets no traffic",
    )


def _saturated(limits: AlertLimits) -> Iterator[JSONObject]:
    for kind, gauge, limit, key in (
        ("Requests", "gateway_requests_in_flight", limits.in_flight, "max_in_flight"),
        (
            "Connections",
            "gateway_active_connections",
            limits.connections,
            "connections",
        ),
    ):
        yield alert(
            f"Weir{kind}Saturated",
            f"{gauge} / {limit} > {_SATURATED}",
            "2m",
            "critical",
            f"{_INSTANCE} uses {{{{ $value | humanizePercentage }}}} of server.{key}",
        )
    yield alert(
        "WeirDescriptorsSaturated",
        f"process_open_fds / process_max_fds > {_SATURATED}"
        " and on (instance) gateway_generation_info",
        "2m",
        "critical",
        f"{_INSTANCE} uses {{{{ $value | humanizePercentage }}}} of its descriptors",
    )
