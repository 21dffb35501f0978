"""`weir config`: all settings as weir.yaml writes them, and their JSON Schema."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from typer.testing import CliRunner, Result

from tests.support.gateway import DEMO_CONFIG
from weir.bffs.cli.main import app
from weir.bffs.config.decode import load_config
from weir.bffs.config.json_schema import config_schema
from weir.bffs.config.redaction import redacted

CONFIG = """
server: {port: 4100}
upstreams:
  a:
    instances: ["http://h:1"]
    timeout: {attempt: 250ms}
    retry: {budget: 5%}
    max_response: 2MiB
    fallback: {response: {headers: {authorization: hunter2}, body: "${BODY}"}}
"""


def weir(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def yaml(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def problems(text: str) -> list[str]:
    validator = Draft202012Validator(config_schema())
    return [each.message for each in validator.iter_errors(yaml(text))]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BODY", "a text of the environment")
    file = tmp_path / "weir.yaml"
    file.write_text(CONFIG)
    return file


@pytest.mark.parametrize("format_", ["yaml", "json"])
def test_all_settings_are_shown_with_their_units(file: Path, format_: str) -> None:
    result = weir("config", "show", "--config", str(file), "--format", format_)

    shown = json.loads(result.stdout) if format_ == "json" else yaml(result.stdout)
    service = shown["upstreams"]["a"]
    assert shown["server"]["port"] == 4100
    assert shown["server"]["request_timeout"] == "10s"
    assert service["timeout"]["attempt"] == "250ms"
    assert service["retry"]["budget"] == "5%"
    assert service["max_response"] == "2MiB"
    assert "hunter2" not in result.stdout
    assert service["fallback"]["response"]["body"] == "${BODY}"


@pytest.mark.parametrize("format_", ["yaml", "json"])
def test_the_shown_configuration_can_be_read_again(
    tmp_path: Path, format_: str
) -> None:
    text = CONFIG.replace("${BODY}", "a text").replace("authorization", "x-a")
    first, again = tmp_path / "weir.yaml", tmp_path / f"again.{format_}"
    first.write_text(text)
    shown = weir("config", "show", "--config", str(first), "--format", format_)
    again.write_text(shown.stdout)

    assert redacted(load_config(again, {})) == redacted(load_config(first, {}))


def test_a_broken_file_is_a_usage_error(tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text("servr: {}")

    result = weir("config", "show", "--config", str(file))

    assert result.exit_code == 2
    assert "servr: unknown key" in result.stderr


def test_the_schema_is_a_json_schema() -> None:
    schema = json.loads(weir("config", "schema").stdout)

    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["upstreams"]["description"]


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (DEMO_CONFIG.read_text(), True),
        (CONFIG, True),
        ("server: {port: '${PORT:-4000}'}", True),
        ("server: {request_timeout: '${TIMEOUT}'}", True),
        ("upstreams: {a: {instances: [{url: 'http://h:2', weight: 3}]}}", True),
        ("upstreams: {a: {instances: ['http://h:1']}}", True),
        ("facades: {f: {path: /f, device: {arguments: {'A.b(c:)': 3}}}}", True),
        ("facades: {f: {path: /f, device: {arguments: {'A.b': {max: 3}}}}}", True),
        ("server: {port: 0}", False),
        ("server: {port: text}", False),
        ("server: {request_timeout: 10}", False),
        ("server: {request_timeout: 10 parsecs}", False),
        ("server: {max_body: 10%}", False),
        ("servr: {}", False),
        ("upstreams: {a: {instances: ['ftp://h']}}", False),
        ("upstreams: {a: {instances: [3]}}", False),
        ("mode: staging", False),
    ],
)
def test_the_schema_finds_what_an_editor_can_find(text: str, *, fits: bool) -> None:
    assert (problems(text) == []) == fits
