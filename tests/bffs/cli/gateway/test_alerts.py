import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.support.demo import ROOT
from weir.bffs.cli.gateway.alerts import print_alerts

CONFIG = """
server: {max_in_flight: 50, connections: 200}
facades: {}
"""


def test_the_rules_have_the_limits_of_the_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "weir.yaml").write_text(CONFIG)

    assert print_alerts(tmp_path / "weir.yaml", 99.5) == 0

    printed = capsys.readouterr().out
    groups = YAML(typ="safe").load(printed)["groups"]
    assert len(groups) == 4
    assert "gateway_requests_in_flight / 50 > 0.8" in printed
    assert "gateway_active_connections / 200 > 0.8" in printed
    assert "ratio_rate1h > 0.072" in printed


def test_the_rules_of_the_monitored_demo_are_those_of_its_configuration(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_alerts(ROOT / "examples" / "streaming" / "weir.yaml", 99.9)

    kept = ROOT / "deploy" / "monitoring" / "weir.rules.yaml"
    assert kept.read_text() == capsys.readouterr().out


def test_the_rules_are_without_the_dropped_labels(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dropped = "metrics: {drop_labels: [operation, instance]}\n"
    (tmp_path / "weir.yaml").write_text(CONFIG + dropped)

    assert print_alerts(tmp_path / "weir.yaml", 99.5) == 0

    printed = capsys.readouterr().out
    assert "min by (service) (gateway_instance_healthy)" in printed
    assert "$labels.operation" not in printed


def test_a_wrong_configuration_is_an_error_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "weir.yaml").write_text("server: {max_in_flight: 0}")

    assert print_alerts(tmp_path / "weir.yaml", 99.9) == 2

    assert "weir.yaml:1" in capsys.readouterr().err


def test_the_page_has_each_alert(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "guides" / "monitoring.md").read_text()
    print_alerts(ROOT / "examples" / "streaming" / "weir.yaml", 99.9)
    printed = capsys.readouterr().out

    alerts = set(re.findall(r"alert: (\w+)", printed))
    assert alerts == set(re.findall(r"`(Weir\w+)`", page))
