"""Dashboards and their panels, and the queries that many of them have."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

INTERVAL: Final = "$__rate_interval"
"""Grafana's range: wide enough for four scrapes."""


@dataclass(frozen=True)
class Query:
    """A query of PromQL, and the legend of its series by their labels."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """A chart; `unit` is one of Grafana's, such as `s` or `percentunit`."""

    title: str
    unit: str
    queries: tuple[Query, ...]


@dataclass(frozen=True)
class Variable:
    """A choice at the top of a dashboard: the values of a label of a metric."""

    name: str
    metric: str
    label: str


@dataclass(frozen=True)
class Dashboard:
    """A dashboard; its name is that of its file."""

    name: str
    title: str
    panels: tuple[Panel, ...]
    variables: tuple[Variable, ...] = ()


def panel(title: str, unit: str, *queries: tuple[str, str]) -> Panel:
    return Panel(title, unit, tuple(Query(*each) for each in queries))


def rate(metric: str, by: str = "", where: str = "") -> str:
    """Return the sum of a counter's rates, by labels."""
    selected = f"{metric}{{{where}}}" if where else metric
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} (rate({selected}[{INTERVAL}]))"


def share(part: str, whole: str) -> str:
    return f"{part} / {whole}"


def latencies(metric: str, where: str = "", by: str = "") -> Iterator[tuple[str, str]]:
    """Yield three quantiles of a histogram."""
    labels = ", ".join(filter(None, ("le", by)))
    legend = f"{{{{{by}}}}} " if by else ""
    for quantile in ("0.5", "0.95", "0.99"):
        buckets = rate(f"{metric}_bucket", labels, where)
        percent = float(quantile) * 100
        yield f"histogram_quantile({quantile}, {buckets})", f"{legend}p{percent:g}"
