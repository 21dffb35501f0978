"""The names and examples of docs/guides/tracing.md are those of the code.

tests/e2e/test_traces.py runs its resolver, and compares its tree of spans.
"""

import inspect
import re
from pathlib import Path

import pytest

from weir.bffs.config.decode import load_config
from weir.gateway.telemetry.metrics.store import MetricsStore
from weir.gateway.telemetry.otel.environment import environment_problems
from weir.gateway.telemetry.traces import conventions, spans

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "tracing.md").read_text()
CONFIGURATIONS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
OWN_NAME = r"weir\.[a-z_.]+"


@pytest.mark.parametrize("text", CONFIGURATIONS)
def test_each_configuration_is_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "weir.yaml").write_text(text)

    assert load_config(tmp_path / "weir.yaml", {}).config.telemetry.traces


def test_the_table_has_all_attributes_of_our_own() -> None:
    documented = set(re.findall(f"`({OWN_NAME})`", PAGE))
    code = inspect.getsource(conventions) + inspect.getsource(spans)

    assert documented == set(re.findall(f'"({OWN_NAME})"', code))


@pytest.mark.parametrize("name", sorted(set(re.findall(r"OTEL_[A-Z_]+[A-Z]", PAGE))))
def test_each_variable_is_accepted_or_rejected_as_on_the_page(name: str) -> None:
    problems = environment_problems({name: "none"}, {"traces": False})

    has_effect = not any("has no effect" in each for each in problems)
    assert has_effect == (name != "OTEL_TRACES_SAMPLER")


def test_the_metric_exists() -> None:
    name = MetricsStore().spans.snapshot().about.name

    assert f"`{name}_total`" in PAGE
