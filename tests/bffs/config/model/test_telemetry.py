"""The section `telemetry`, and the start of what it configures."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.demo import ROOT
from weir.bffs.config.decode import LoadedConfig, load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.telemetry.otel import start_tracing
from weir.gateway.clock import SystemClock


def loaded(tmp_path: Path, traces: str) -> LoadedConfig:
    (tmp_path / "weir.yaml").write_text(f"telemetry:\n  traces: {{{traces}}}\n")
    return load_config(tmp_path / "weir.yaml", {})


@pytest.mark.parametrize(
    ("traces", "message"),
    [
        ('endpoint: "collector:4318"', "write a URL such as"),
        ('endpoint: "http://user:pass@collector:4318"', "without user, query and"),
        (
            'endpoint: "http://collector:4318/?key=1"',
            "without user, query",
        ),
        ('endpoint: "http://collector:x"', "the URL has an invalid host or port"),
        ("sample: 0.1", 'write a share as a percentage, such as "20%"'),
        ("sample: 101%", "the share is out of range"),
        ("errors: never", "Input should be 'sampled' or 'always'"),
        ("headers: {}", "unknown key"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(
    tmp_path: Path, traces: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)) as error:
        loaded(tmp_path, traces)

    assert "weir.yaml:2" in str(error.value)
    assert "pass@" not in str(error.value)


def test_a_variable_without_effect_prevents_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_on")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://other:4318")
    config = loaded(tmp_path, 'endpoint: "http://collector:4318"')

    with pytest.raises(ConfigError) as error:
        start_tracing(config, SystemClock())

    assert "OTEL_TRACES_SAMPLER has no effect" in str(error.value)
    assert "OTEL_EXPORTER_OTLP_ENDPOINT has no effect" in str(error.value)


def test_without_the_extra_the_error_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weir.bffs.telemetry.otel.find_spec", lambda _: None)

    with pytest.raises(ConfigError) as error:
        start_tracing(loaded(tmp_path, ""), SystemClock())

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    packages = [repr(each) for each in project["optional-dependencies"]["otel"]]
    assert f"run: pip install {' '.join(packages)}" in str(error.value)


def test_the_sdk_can_be_disabled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")

    assert start_tracing(loaded(tmp_path, ""), SystemClock()) is None


def test_without_traces_nothing_of_opentelemetry_is_imported(tmp_path: Path) -> None:
    (tmp_path / "weir.yaml").write_text("{}")
    script = (
        "import sys; from pathlib import Path\n"
        "import weir.bffs.app\n"
        "from weir.bffs.config.decode import load_config\n"
        "from weir.bffs.telemetry.otel import start_tracing\n"
        "from weir.gateway.clock import SystemClock\n"
        f"loaded = load_config(Path({str(tmp_path / 'weir.yaml')!r}), {{}})\n"
        "assert start_tracing(loaded, SystemClock()) is None\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry.sdk')])"
    )

    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert printed.stdout.strip() == "[]"
