"""`upstream_defaults`: what an upstream does not set comes from there, key by key."""

from pathlib import Path
from typing import Any

import pytest

from weir.bffs.config.decode import LoadedConfig, load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.model.upstream.upstream import UpstreamSection
from weir.bffs.config.redaction import redacted


def load(folder: Path, text: str, **variables: str) -> LoadedConfig:
    file = folder / "weir.yaml"
    file.write_text(text)
    return load_config(file, variables)


def upstream(folder: Path, defaults: str, own: str) -> UpstreamSection:
    text = f"""
upstream_defaults: {defaults}
upstreams: {{a: {{instances: ["http://h:1"], {own}}}}}
"""
    return load(folder, text).config.upstreams["a"]


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    prefix = f"{folder / 'weir.yaml'}:"
    return [str(each).removeprefix(prefix) for each in caught.value.problems]


@pytest.mark.parametrize(
    ("defaults", "own", "path", "expected"),
    [
        ("{coalesce: false}", "", "coalesce", False),
        ("{coalesce: false}", "coalesce: true", "coalesce", True),
        ("{timeout: {attempt: 1s}}", "", "timeout.attempt", 1.0),
        ("{timeout: {attempt: 1s}}", "timeout: {total: 9s}", "timeout.attempt", 1.0),
        ("{timeout: {attempt: 1s}}", "timeout: {total: 9s}", "timeout.total", 9.0),
        ("{timeout: {attempt: 1s}}", "timeout: {attempt: 2s}", "timeout.attempt", 2.0),
        ("{hedge: {after: 1s}}", "hedge: null", "hedge", None),
        (
            "{retry: {statuses: [503]}}",
            "retry: {statuses: [500]}",
            "retry.statuses",
            [500],
        ),
        ("{retry: {statuses: [503]}}", "retry: {attempts: 1}", "retry.statuses", [503]),
    ],
)
def test_own_settings_replace_defaults_key_by_key(
    tmp_path: Path, defaults: str, own: str, path: str, expected: object
) -> None:
    value: Any = upstream(tmp_path, defaults, own)
    for key in path.split("."):
        value = getattr(value, key)

    assert value == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "upstream_defaults: {timeout: {attempt: 0s}}\n"
            "upstreams: {a: {instances: ['http://h:1']}, b: {instances: ['http://h:2']}}",
            ["1:31: upstream_defaults.timeout.attempt: "],
        ),
        (
            "upstream_defaults: {instances: ['http://h:1']}",
            ["1:21: upstream_defaults.instances: unknown key"],
        ),
        ("upstream_defaults: 3", ["1:1: upstream_defaults: expected keys and values"]),
        (
            "upstream_defaults: {fallback: {stale: 1s}}\n"
            "upstreams: {a: {instances: ['http://h:1']}}",
            ["2:13: upstreams.a: a stale fallback needs `cache`"],
        ),
        (
            "upstream_defaults: {breaker: {failures: 3}}\n"
            "upstreams: {a: {instances: ['http://h:1'], breaker: 3}}",
            ["2:44: upstreams.a.breaker: expected keys and values"],
        ),
        ("upstream_defaults: {coalesce: true}\nupstreams: 3", ["2:1: upstreams: "]),
        (
            "upstream_defaults: {coalesce: true}\nupstreams: {a: 3}",
            ["2:13: upstreams.a: expected keys and values"],
        ),
    ],
)
def test_a_wrong_value_is_reported_once_and_where_it_is_written(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    found = problems(tmp_path, text)

    assert len(found) == len(expected)
    for problem, beginning in zip(found, expected, strict=True):
        assert problem.startswith(beginning), problem


def test_an_inherited_value_of_a_variable_is_shown_as_the_reference(
    tmp_path: Path,
) -> None:
    loaded = load(
        tmp_path,
        """
upstream_defaults:
  fallback: {response: {body: "${BODY}"}}
  tls: {ca: "${FOLDER}/ca.pem"}
upstreams:
  a: {instances: ["http://h:1"], tls: {minimum: "1.3"}}
""",
        BODY="hunter2",
        FOLDER="/private",
    )

    shown = str(redacted(loaded))

    assert loaded.config.upstreams["a"].tls.ca == "/private/ca.pem"
    assert "hunter2" not in shown
    assert "/private" not in shown
    assert shown.count("${BODY}") == 2
