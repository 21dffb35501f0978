"""Alerts on error budgets, by the method of several windows and burn rates.

A short window shows that errors still happen, a long one that they matter.

https://sre.google/workbook/alerting-on-slos/
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from weir.gateway.json_types import JSONObject
from weir.gateway.telemetry.metrics.alerts.rule import Severity, alert
from weir.gateway.telemetry.metrics.burn_rates import FAST_BURN, reachable_rate
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
        yield from _alerts(
            "WeirErrorBudgetBurn",
            "client_type:weir_request_errors:ratio_rate",
            "",
            self.objective,
            "{{ $labels.client_type }} fails {{ $value | humanizePercentage }}"
            " of its requests",
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
            yield from _alerts(
                "WeirObjectiveBurn",
                "objective:weir_slo_bad:ratio_rate",
                f'{{objective="{objective.name}"}}',
                objective.target,
                "{{ $value | humanizePercentage }} of the requests of"
                " {{ $labels.objective }} are not complete within"
                f" {1000 * objective.within_s:g} ms",
            )


def _alerts(
    name: str, ratio: str, selected: str, target: float, summary: str
) -> Iterator[JSONObject]:
    """Yield an alert for each pair of windows.

    `ratio` and a window name the record of the share of bad requests.
    """
    for burn in _BURNS:
        rate = reachable_rate(burn.rate, target)
        bound = f"> {rate * (1 - target):.6g}"
        yield alert(
            name,
            f"{ratio}{burn.long}{selected} {bound}"
            f" and {ratio}{burn.short}{selected} {bound}",
            "0m",
            burn.severity,
            f"{summary}, {rate:.3g} times what {100 * target:.6g}% allows",
            window=burn.long,
        )
