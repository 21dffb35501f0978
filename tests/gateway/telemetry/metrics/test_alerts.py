"""The rules of `weir alerts`, run by Prometheus' own promtool."""

import json
import re
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.debian_packages import program
from weir.gateway.telemetry.metrics.alerts.rules import AlertLimits, alert_rules
from weir.gateway.telemetry.metrics.prometheus import exposition
from weir.gateway.telemetry.metrics.store import MetricsStore
from weir.gateway.telemetry.objective import Objective

HOME = Objective(client_type="mobile", operation="Home", within_s=0.4, target=0.995)
LIMITS = AlertLimits(
    objective=0.999, in_flight=1000, connections=10_000, objectives=(HOME,)
)
UP = {"series": 'gateway_generation_info{instance="gw1"}', "values": "1x60"}


def requests(failed: float, partial: float = 0) -> list[dict[str, str]]:
    """Return series of 100 requests a minute, with shares of failed and partial."""
    good = 'gateway_requests_total{client_type="web",status="200",instance="gw1"}'
    bad = 'gateway_requests_total{client_type="web",status="503",instance="gw1"}'
    lacking = (
        'gateway_partial_responses_total{client_type="web",service="reviews",'
        'code="UPSTREAM_TIMEOUT",operation="",instance="gw1"}'
    )
    return [
        {"series": good, "values": f"0+{100 * (1 - failed):g}x60"},
        {"series": bad, "values": f"0+{100 * failed:g}x60"},
        {"series": lacking, "values": f"0+{100 * partial:g}x60"},
    ]


def counted(bad: float) -> list[dict[str, str]]:
    """Return series of 100 requests a minute of an objective, with a share of bad."""
    names = {
        "gateway_slo_requests_total": 1.0,
        "gateway_slo_good_requests_total": 1 - bad,
    }
    return [
        {
            "series": f'{name}{{objective="mobile/Home",instance="gw1"}}',
            "values": f"0+{100 * share:g}x60",
        }
        for name, share in names.items()
    ]


def gauge(name: str, value: float, **labels: str) -> dict[str, str]:
    pairs = ",".join(
        f'{key}="{text}"' for key, text in {**labels, "instance": "gw1"}.items()
    )
    return {"series": f"{name}{{{pairs}}}", "values": f"{value:g}x60"}


def counter(name: str, values: str, **labels: str) -> dict[str, str]:
    return {**gauge(name, 0, **labels), "values": values}


CASES: dict[str, tuple[list[dict[str, str]], dict[str, str], str]] = {
    "WeirServiceFails": (
        requests(0, partial=0.5),
        {"service": "reviews"},
        "50% of the responses lack a part of reviews",
    ),
    "WeirBreakerOpen": (
        [gauge("gateway_circuit_breaker_state", 1, service="reviews", state="open")],
        {"service": "reviews"},
        "the circuit breaker of reviews is open",
    ),
    "WeirOperationBreakerOpen": (
        [
            gauge(
                "gateway_operation_circuit_breaker_state",
                1,
                service="catalog",
                operation="Search",
                state="open",
            )
        ],
        {"service": "catalog", "operation": "Search"},
        "the circuit breaker of Search of catalog is open",
    ),
    "WeirInstanceEjected": (
        [gauge("gateway_instance_healthy", 0, service="reviews")],
        {"service": "reviews", "instance": "gw1"},
        "gw1 of reviews gets no traffic",
    ),
    "WeirWorkersMissing": (
        [
            gauge("gateway_workers", 2, state="serving"),
            gauge("gateway_workers", 0, state="starting"),
            gauge("gateway_workers_configured", 3),
        ],
        {"instance": "gw1"},
        "2 workers of gw1 serve, fewer than are configured",
    ),
    "WeirServicePanic": (
        [gauge("gateway_service_panic", 1, service="reviews")],
        {"service": "reviews"},
        "so few instances of reviews are healthy that calls also go to others",
    ),
    "WeirDiscoveryStale": (
        [gauge("gateway_discovery_stale_seconds", 90, service="reviews")],
        {"service": "reviews"},
        "the instances of reviews are not those of their source",
    ),
    "WeirSdlCopyInUse": (
        [gauge("gateway_sdl_copies_in_use", 1)],
        {},
        "1 services return no SDL, and the last one is used instead",
    ),
    "WeirConfigRejected": (
        [counter("gateway_config_rejections_total", "0x50 1x10")],
        {"instance": "gw1"},
        "gw1 has rejected a configuration, and serves the one before",
    ),
    "WeirSharedStoreLost": (
        [gauge("gateway_shared_store_available", 0, store="redis")],
        {"instance": "gw1", "store": "redis"},
        "gw1 cannot use redis, and caches and limits alone",
    ),
    "WeirRequestsSaturated": (
        [gauge("gateway_requests_in_flight", 900)],
        {"instance": "gw1"},
        "gw1 uses 90% of server.max_in_flight",
    ),
    "WeirConnectionsSaturated": (
        [gauge("gateway_active_connections", 9000)],
        {"instance": "gw1"},
        "gw1 uses 90% of server.connections",
    ),
    "WeirDescriptorsSaturated": (
        [gauge("process_open_fds", 900), gauge("process_max_fds", 1000)],
        {"instance": "gw1"},
        "gw1 uses 90% of its descriptors",
    ),
    "WeirCertificateExpires": (
        [gauge("gateway_certificate_expiry_seconds", 89_400, certificate="server.tls")],
        {"instance": "gw1", "certificate": "server.tls"},
        "the certificate of server.tls of gw1 expires in 23h 55m 0s",
    ),
    "WeirEventLoopStalls": (
        [counter("gateway_event_loop_stalls_total", "0+1x60")],
        {"instance": "gw1"},
        "the event loop of gw1 was held 10 times",
    ),
    "WeirSpansLost": (
        [counter("gateway_trace_spans_total", "0+1x60", outcome="dropped")],
        {"instance": "gw1"},
        "gw1 has lost 10 spans in 10 minutes",
    ),
}
SEVERITIES = {
    rule["alert"]: rule["labels"]["severity"]
    for group in json.loads(json.dumps(alert_rules(LIMITS)))["groups"]
    for rule in group["rules"]
    if "alert" in rule
}


@dataclass(frozen=True)
class Rules:
    """A rule file, and the tool that tests it."""

    file: Path
    promtool: str

    def report(self, command: str, file: Path) -> str:
        """Return what promtool reports of failures."""
        outcome = subprocess.run(
            [self.promtool, command, "rules", str(file)],
            capture_output=True,
            text=True,
            check=False,
        )
        return outcome.stdout + outcome.stderr if outcome.returncode else ""

    def failures(self, *tests: dict[str, Any]) -> str:
        """Run unit tests of the rules."""
        file = self.file.with_name("tests.yaml")
        document = {
            "rule_files": [str(self.file)],
            "evaluation_interval": "1m",
            "tests": [{"interval": "1m", **test} for test in tests],
        }
        file.write_text(json.dumps(document))
        return self.report("test", file)


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    folder = tmp_path_factory.mktemp("rules")
    (folder / "weir.rules.yaml").write_text(json.dumps(alert_rules(LIMITS)))
    return Rules(
        folder / "weir.rules.yaml", program("prometheus", "usr/bin/promtool", folder)
    )


def firing(alert: str, labels: dict[str, str], summary: str) -> dict[str, Any]:
    expected = {"exp_labels": labels, "exp_annotations": {"summary": summary}}
    return {"eval_time": "55m", "alertname": alert, "exp_alerts": [expected]}


def silent(alert: str) -> dict[str, Any]:
    return {"eval_time": "55m", "alertname": alert, "exp_alerts": []}


def test_promtool_accepts_the_rules(rules: Rules) -> None:
    assert rules.report("check", rules.file) == ""


def test_each_alert_fires_with_its_labels_and_no_other_one_does(rules: Rules) -> None:
    tests = [
        {
            "name": alert,
            "input_series": [UP, *series],
            "alert_rule_test": [
                firing(alert, {**labels, "severity": SEVERITIES[alert]}, summary),
                *(silent(name) for name in SEVERITIES if name != alert),
            ],
        }
        for alert, (series, labels, summary) in CASES.items()
    ]

    assert rules.failures(*tests) == ""


def test_an_instance_is_named_without_honor_labels(rules: Rules) -> None:
    """Prometheus then renames the label, as each target has an instance as well."""
    ejected = gauge(
        "gateway_instance_healthy",
        0,
        service="reviews",
        exported_instance="http://10.0.0.1:80",
    )
    fires = firing(
        "WeirInstanceEjected",
        {
            "service": "reviews",
            "instance": "gw1",
            "exported_instance": "http://10.0.0.1:80",
            "severity": "warning",
        },
        "http://10.0.0.1:80 of reviews gets no traffic",
    )

    test = {"input_series": [UP, ejected], "alert_rule_test": [fires]}
    assert rules.failures(test) == ""


def test_the_rules_are_without_dropped_labels(rules: Rules, tmp_path: Path) -> None:
    limits = replace(LIMITS, dropped=frozenset({"operation", "instance", "path"}))
    file = tmp_path / "weir.rules.yaml"
    file.write_text(json.dumps(alert_rules(limits)))
    series = [
        gauge("gateway_instance_healthy", 0, service="reviews"),
        gauge(
            "gateway_operation_circuit_breaker_state",
            1,
            service="reviews",
            state="open",
        ),
    ]
    ejected = firing(
        "WeirInstanceEjected",
        {"service": "reviews", "severity": "warning"},
        "an instance of reviews gets no traffic",
    )
    opened = firing(
        "WeirOperationBreakerOpen",
        {"service": "reviews", "severity": "warning"},
        "the circuit breaker of an operation of reviews is open",
    )

    without = Rules(file, rules.promtool)
    test = {"input_series": [UP, *series], "alert_rule_test": [ejected, opened]}
    assert without.report("check", file) == ""
    assert without.failures(test) == ""


def test_a_gateway_that_nobody_scrapes_is_absent(rules: Rules) -> None:
    absent = firing("WeirAbsent", {"severity": "critical"}, "no gateway is scraped")

    assert rules.failures({"input_series": [], "alert_rule_test": [absent]}) == ""


@pytest.mark.parametrize(
    ("failed", "windows"),
    [
        (0.0005, []),
        (0.002, ["3d"]),
        (0.004, ["1d", "3d"]),
        (0.01, ["6h", "1d", "3d"]),
        (0.02, ["1h", "6h", "1d", "3d"]),
    ],
)
def test_the_error_budget_burns_in_more_windows_the_more_requests_fail(
    rules: Rules, failed: float, windows: list[str]
) -> None:
    burns = {"1h": "14.4", "6h": "6", "1d": "3", "3d": "1"}
    alerts = [
        {
            "exp_labels": {
                "client_type": "web",
                "severity": "critical" if window in ("1h", "6h") else "warning",
                "window": window,
            },
            "exp_annotations": {
                "summary": f"web fails {100 * failed:g}% of its requests,"
                f" {burns[window]} times what 99.9% allows"
            },
        }
        for window in windows
    ]
    expected = {
        "eval_time": "55m",
        "alertname": "WeirErrorBudgetBurn",
        "exp_alerts": alerts,
    }
    test = {"input_series": [UP, *requests(failed)], "alert_rule_test": [expected]}

    assert rules.failures(test) == ""


@pytest.mark.parametrize(
    ("bad", "windows"),
    [
        (0.004, []),
        (0.01, ["3d"]),
        (0.02, ["1d", "3d"]),
        (0.05, ["6h", "1d", "3d"]),
        (0.1, ["1h", "6h", "1d", "3d"]),
    ],
)
def test_an_objective_burns_in_more_windows_the_more_requests_are_bad(
    rules: Rules, bad: float, windows: list[str]
) -> None:
    burns = {"1h": "14.4", "6h": "6", "1d": "3", "3d": "1"}
    alerts = [
        {
            "exp_labels": {
                "objective": "mobile/Home",
                "severity": "critical" if window in ("1h", "6h") else "warning",
                "window": window,
            },
            "exp_annotations": {
                "summary": f"{100 * bad:g}% of the requests of mobile/Home are not"
                f" complete within 400 ms, {burns[window]} times what 99.5% allows"
            },
        }
        for window in windows
    ]
    expected = {
        "eval_time": "55m",
        "alertname": "WeirObjectiveBurn",
        "exp_alerts": alerts,
    }
    test = {"input_series": [UP, *counted(bad)], "alert_rule_test": [expected]}

    assert rules.failures(test) == ""


@pytest.mark.parametrize("target", [0.5, 0.9, 0.95, 0.999])
def test_an_outage_is_above_the_bound_of_each_budget(target: float) -> None:
    home = replace(HOME, target=target)
    rules = alert_rules(replace(LIMITS, objective=target, objectives=(home,)))
    bounds = re.findall(r"ratio_rate\w+(?:{[^}]+})? > ([\d.]+)", json.dumps(rules))

    assert len(bounds) == 2 * 2 * 4
    assert max(map(float, bounds)) < 1


def test_every_metric_of_the_rules_is_one_of_the_gateway() -> None:
    known = set(re.findall(r"^# TYPE (\w+)", exposition_text(), re.MULTILINE))
    used = set(
        re.findall(r"\b((?:gateway|process)_\w+)", json.dumps(alert_rules(LIMITS)))
    )

    assert used <= known
    alerts = {"WeirAbsent", "WeirErrorBudgetBurn", "WeirObjectiveBurn"}
    assert {*CASES, *alerts} == set(SEVERITIES)


def exposition_text() -> str:
    return exposition(MetricsStore().snapshot()).decode()
