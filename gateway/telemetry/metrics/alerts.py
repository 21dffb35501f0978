"""Prometheus rules for the gateway's metrics: recording rules and alerts.

The alerts on the error budget follow the method of several windows and burn rates: a
short window shows that errors still happen, a long one that they matter.

https://sre.google/workbook/alerting-on-slos/
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from weir.gateway.json_types import JSONObject

Severity: TypeAlias = Literal["critical", "warning"]

_SATURATED: Final = 0.8
_SERVICE: Final = "{{ $labels.service }}"
_INSTANCE: Final = "{{ $labels.instance }}"


@dataclass(frozen=True, slots=True)
class AlertLimits:
    """The share of good responses that is the objective, and limits of the server."""

    objective: float
    in_flight: int
    connections: int


class _Burn(NamedTuple):
    """A burn rate that is too high in both windows; 1 uses up the budget in 30 days."""

    rate: float
    long: str
    short: str
    severity: Severity


_BURNS: Final = (
    _Burn(14.4, "1h", "5m", "critical"),
    _Burn(6, "6h", "30m", "critical"),
    _Burn(3, "1d", "2h", "warning"),
    _Burn(1, "3d", "6h", "warning"),
)
_WINDOWS: Final = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")


def alert_rules(limits: AlertLimits) -> JSONObject:
    """Return the content of a rule file."""
    return {
        "groups": [
            {"name": "weir-error-ratios", "rules": [*_recorded()]},
            {"name": "weir-error-budgets", "rules": [*_budgets(limits)]},
            {"name": "weir-services", "rules": [*_services()]},
            {"name": "weir-gateway", "rules": [*_gateway(), *_saturated(limits)]},
        ]
    }


def _recorded() -> Iterator[JSONObject]:
    """Yield the share of failed requests of each façade, by window."""
    for window in _WINDOWS:
        requests = f'gateway_requests_total{{client_type!=""}}[{window}]'
        failed = f'gateway_requests_total{{client_type!="",status=~"5.."}}[{window}]'
        yield {
            "record": f"client_type:weir_request_errors:ratio_rate{window}",
            "expr": f"sum by (client_type) (rate({failed}))"
            f" / sum by (client_type) (rate({requests}))",
        }


def _budgets(limits: AlertLimits) -> Iterator[JSONObject]:
    budget = 1 - limits.objective
    for burn in _BURNS:
        bound = f"> {burn.rate * budget:.6g}"
        yield _alert(
            "WeirErrorBudgetBurn",
            f"client_type:weir_request_errors:ratio_rate{burn.long} {bound}"
            f" and client_type:weir_request_errors:ratio_rate{burn.short} {bound}",
            "0m",
            burn.severity,
            f"{{{{ $labels.client_type }}}} fails {{{{ $value | humanizePercentage }}}}"
            f" of its requests, {burn.rate:g} times what"
            f" {100 * limits.objective:.6g}% allows",
            window=burn.long,
        )


def _services() -> Iterator[JSONObject]:
    yield _alert(
        "WeirServiceFails",
        'sum by (service) (rate(gateway_partial_responses_total{service!=""}[5m]))'
        " / ignoring (service) group_left sum(rate(gateway_requests_total[5m])) > 0.01",
        "2m",
        "critical",
        f"{{{{ $value | humanizePercentage }}}} of the responses lack a part of"
        f" {_SERVICE}",
    )
    yield _alert(
        "WeirBreakerOpen",
        'max by (service) (gateway_circuit_breaker_state{state="open"}) == 1',
        "1m",
        "critical",
        f"the circuit breaker of {_SERVICE} is open",
    )
    yield _alert(
        "WeirOperationBreakerOpen",
        "max by (service, operation)"
        ' (gateway_operation_circuit_breaker_state{state="open"}) == 1',
        "1m",
        "warning",
        f"the circuit breaker of {{{{ $labels.operation }}}} of {_SERVICE} is open",
    )
    yield _alert(
        "WeirInstanceEjected",
        "min by (service, instance) (gateway_instance_healthy) == 0",
        "5m",
        "warning",
        f"{{{{ $labels.instance }}}} of {_SERVICE} gets no traffic",
    )
    yield _alert(
        "WeirServicePanic",
        "max by (service) (gateway_service_panic) == 1",
        "1m",
        "critical",
        f"so few instances of {_SERVICE} are healthy that calls also go to others",
    )
    yield _alert(
        "WeirSdlCopyInUse",
        "max(gateway_sdl_copies_in_use) > 0",
        "10m",
        "warning",
        "{{ $value }} services return no SDL, and the last one is used instead",
    )


def _gateway() -> Iterator[JSONObject]:
    yield _alert(
        "WeirAbsent",
        "absent(gateway_generation_info)",
        "2m",
        "critical",
        "no gateway is scraped",
    )
    yield _alert(
        "WeirConfigRejected",
        "increase(gateway_config_rejections_total[10m]) > 0",
        "0m",
        "warning",
        f"{_INSTANCE} has rejected a configuration, and serves the one before",
    )
    yield _alert(
        "WeirSharedStoreLost",
        "min by (instance, store) (gateway_shared_store_available) == 0",
        "1m",
        "warning",
        f"{_INSTANCE} cannot use {{{{ $labels.store }}}}, and caches and limits alone",
    )
    yield _alert(
        "WeirEventLoopStalls",
        "increase(gateway_event_loop_stalls_total[10m]) > 3",
        "0m",
        "warning",
        f"the event loop of {_INSTANCE} was held {{{{ $value | humanize }}}} times",
    )
    yield _alert(
        "WeirSpansLost",
        "sum by (instance)"
        ' (increase(gateway_trace_spans_total{outcome!="exported"}[10m])) > 0',
        "10m",
        "warning",
        f"{_INSTANCE} has lost {{{{ $value | humanize }}}} spans in 10 minutes",
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
        yield _alert(
            f"Weir{kind}Saturated",
            f"{gauge} / {limit} > {_SATURATED}",
            "2m",
            "critical",
            f"{_INSTANCE} uses {{{{ $value | humanizePercentage }}}} of server.{key}",
        )
    yield _alert(
        "WeirDescriptorsSaturated",
        f"process_open_fds / process_max_fds > {_SATURATED}"
        " and on (instance) gateway_generation_info",
        "2m",
        "critical",
        f"{_INSTANCE} uses {{{{ $value | humanizePercentage }}}} of its descriptors",
    )


def _alert(
    name: str,
    expression: str,
    held: str,
    severity: Severity,
    summary: str,
    *,
    window: str = "",
) -> JSONObject:
    labels = {"severity": severity, **({"window": window} if window else {})}
    return {
        "alert": name,
        "expr": expression,
        "for": held,
        "labels": labels,
        "annotations": {"summary": summary},
    }
