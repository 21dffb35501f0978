"""One alert of a rule file."""

from typing import Literal, TypeAlias

from weir.gateway.json_types import JSONObject

Severity: TypeAlias = Literal["critical", "warning"]


def alert(
    name: str,
    expression: str,
    held: str,
    severity: Severity,
    summary: str,
    *,
    window: str = "",
) -> JSONObject:
    """Return the alert that fires once `expression` was true for the time `held`."""
    labels = {"severity": severity, **({"window": window} if window else {})}
    return {
        "alert": name,
        "expr": expression,
        "for": held,
        "labels": labels,
        "annotations": {"summary": summary},
    }
