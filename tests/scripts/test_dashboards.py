"""The dashboards of Grafana: current, and only of metrics that the gateway has."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Final

import pytest

from scripts.dashboards.__main__ import DASHBOARDS
from scripts.dashboards.grafana import text
from scripts.dashboards.model import Dashboard
from tests.support.demo import ROOT
from weir.gateway.telemetry.metrics.series import Counter, Histogram
from weir.gateway.telemetry.metrics.store import MetricsStore

FOLDER: Final = ROOT / "deploy" / "monitoring" / "dashboards"
_SCRAPED: Final = {"instance", "job"}
_PROCESS: Final = (
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_open_fds",
)
_METRIC: Final = re.compile(r"\b((?:gateway|process)_\w+)(?:\{([^}]*)\})?")
_MATCHER: Final = re.compile(r"(\w+)\s*(?:=~|!=|!~|=)\s*\"[^\"]*\"")


def known() -> dict[str, set[str]]:
    """Return the labels of each series that the gateway can have."""
    labels = {name: set(_SCRAPED) for name in _PROCESS}
    store = MetricsStore()
    for each in fields(store):
        metric = getattr(store, each.name)
        own = {*metric.about.labels, *_SCRAPED}
        if isinstance(metric, Histogram):
            labels[f"{metric.about.name}_bucket"] = {*own, "le"}
            labels[f"{metric.about.name}_count"] = own
        else:
            suffix = "_total" if isinstance(metric, Counter) else ""
            labels[f"{metric.about.name}{suffix}"] = own
    return labels


def unknown(expr: str) -> Iterator[str]:
    """Yield the metrics and labels of a query that the gateway does not have."""
    series = known()
    grouped = {
        label.strip()
        for labels in re.findall(r"\bby \(([^)]*)\)", expr)
        for label in labels.split(",")
    }
    used = _METRIC.findall(expr)
    assert used, expr
    for metric, matchers in used:
        if metric not in series:
            yield metric
            continue
        selected = set(_MATCHER.findall(matchers))
        yield from sorted((selected | grouped) - series[metric])


def queries() -> Iterator[tuple[str, str]]:
    for dashboard in DASHBOARDS:
        for panel in dashboard.panels:
            for query in panel.queries:
                yield f"{dashboard.name}: {panel.title}", query.expr


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.name)
def test_each_file_is_current(dashboard: Dashboard) -> None:
    written = (FOLDER / f"{dashboard.name}.json").read_text()

    assert written == text(dashboard), (
        "run: python -m scripts.dashboards deploy/monitoring/dashboards"
    )


def test_there_is_no_other_file() -> None:
    assert {each.stem for each in FOLDER.iterdir()} == {
        each.name for each in DASHBOARDS
    }


@pytest.mark.parametrize(("panel", "expr"), [*queries()])
def test_each_query_uses_metrics_and_labels_of_the_gateway(
    panel: str, expr: str
) -> None:
    assert list(unknown(expr)) == [], panel


def test_each_variable_is_a_label_of_the_gateway() -> None:
    series = known()
    for dashboard in DASHBOARDS:
        for variable in dashboard.variables:
            assert variable.label in series[variable.metric]


def test_each_legend_uses_labels_that_its_query_has() -> None:
    for dashboard in DASHBOARDS:
        for panel in dashboard.panels:
            for query in panel.queries:
                shown = set(re.findall(r"\{\{(\w+)\}\}", query.legend))
                assert all(
                    re.search(rf"\bby \([^)]*\b{label}\b", query.expr)
                    for label in shown
                ), query


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("sum(rate(gateway_request_total[5m]))", ["gateway_request_total"]),
        ('gateway_instance_healthy{service="a",client_type="b"}', ["client_type"]),
        ("sum by (le, path) (gateway_plan_duration_bucket)", ["path"]),
        ("sum by (path) (gateway_requests_total)", []),
    ],
)
def test_an_unknown_name_is_found(expr: str, expected: list[str]) -> None:
    assert list(unknown(expr)) == expected


def test_the_panels_do_not_overlap() -> None:
    for file in FOLDER.iterdir():
        document: dict[str, Any] = json.loads(file.read_text())
        places = [
            (each["gridPos"]["x"], each["gridPos"]["y"]) for each in document["panels"]
        ]
        assert len(set(places)) == len(places)
