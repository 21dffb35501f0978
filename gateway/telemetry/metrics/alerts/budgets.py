"""Alerts on error budgets, by the method of several windows and burn rates.

A short window shows that errors still happen, a long one that they matter.

https://sre.google/workbook/alerting-on-slos/
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from weir.gateway.json_types import JSONObject
from weir.gateway.telemetry.metrics.alerts.rule import Severity, alert
from weir.gateway.telemetry.metrics.burn_rates import FAST_BURN
from weir.gateway.telemetry.objective import Objective


class _Burn(NamedTuple):
    """A burn rate that is too high in both windows; 1 uses up the budget in 30 days."""

    rate: float
    long: str
    short: str
    severity: Severity


_BURNS: Final = (
    _Burn(FAST_BURN, "1h", "5m", "critical"),
    _Burn(6, "6h", "30m", "critical"),
    _Burn(3, "1d", "2h", "warning"),
    _Burn(1, "3d", "6h", "warning"),
)
_WINDOWS: Final = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")


@dataclass(frozen=True, slots=True)
class FacadeBudgets:
    """The budgets of all façades for requests with a status of 500 or more."""

    objective: float

    def ratios(self) -> Iterator[JSONObject]:
        """Yield the share of failed requests of each façade, by window."""
        for window in _WINDOWS:
            requests = f'gateway_requests_total{{client_type!=""}}[{window}]'
            failed = (
                f'gateway_requests_total{{client_type!="",status=~"5.."}}[{window}]'
            )
            yield {
                "record": f"client_type:weir_request_errors:ratio_rate{window}",
                "expr": f"sum by (client_type) (rate({failed}))"
                f" / sum by (client_type) (rate({requests}))",
            }

    def alerts(self) -> Iterator[JSONObject]:
        """Yield an alert for each pair of windows."""
        for burn in _BURNS:
            bound = f"> {burn.rate * (1 - self.objective):.6g}"
            yield alert(
                "WeirErrorBudgetBurn",
                f"client_type:weir_request_errors:ratio_rate{burn.long} {bound}"
                f" and client_type:weir_request_errors:ratio_rate{burn.short} {bound}",
                "0m",
                burn.severity,
                "{{ $labels.client_type }} fails {{ $value | humanizePercentage }}"
                f" of its requests, {burn.rate:g} times what"
                f" {100 * self.objective:.6g}% allows",
                window=burn.long,
            )


@dataclass(frozen=True, slots=True)
class ObjectiveBudgets:
    """The budgets of the objectives of a configuration, each with its own target."""

    objectives: tuple[Objective, ...]

    def ratios(self) -> Iterator[JSONObject]:
        """Yield the share of bad requests of each objective, by window."""
        if not self.objectives:
            return
        for window in _WINDOWS:
            good = f"rate(gateway_slo_good_requests_total[{window}])"
            requests = f"rate(gateway_slo_requests_total[{window}])"
            yield {
                "record": f"objective:weir_slo_bad:ratio_rate{window}",
                "expr": f"1 - (sum by (objective) ({good})"
                f" / sum by (objective) ({requests}))",
            }

    def alerts(self) -> Iterator[JSONObject]:
        """Yield an alert for each objective and pair of windows."""
        for objective in self.objectives:
            selected = f'{{objective="{objective.name}"}}'
            for burn in _BURNS:
                # With a low target, even an outage cannot have a high rate.
                rate = min(burn.rate, 0.99 / (1 - objective.target))
                bound = f"> {rate * (1 - objective.target):.6g}"
                yield alert(
                    "WeirObjectiveBurn",
                    f"objective:weir_slo_bad:ratio_rate{burn.long}{selected} {bound}"
                    f" and objective:weir_slo_bad:ratio_rate{burn.short}{selected}"
                    f" {bound}",
                    "0m",
                    burn.severity,
                    "{{ $value | humanizePercentage }} of the requests of"
                    " {{ $labels.objective }} are not complete within"
                    f" {1000 * objective.within_s:g} ms, {rate:.3g} times what"
                    f" {100 * objective.target:.6g}% allows",
                    window=burn.long,
                )
