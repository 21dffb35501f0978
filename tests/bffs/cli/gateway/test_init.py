"""`weir init`: a first configuration that the gateway accepts as it is."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from weir.bffs.cli.main import app
from weir.bffs.config.decode import load_config


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def weir(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_each_url_becomes_an_upstream_and_a_subgraph() -> None:
    result = weir("init", "a=http://10.0.0.1:81/api/graphql", "b=https://b.example")

    config = load_config(Path("weir.yaml"), {}).config
    assert result.exit_code == 0
    assert config.upstreams["a"].instances[0].url == "http://10.0.0.1:81"
    assert config.subgraphs["a"].path == "/api/graphql"
    assert config.upstreams["b"].instances[0].url == "https://b.example"
    assert config.subgraphs["b"].path == "/graphql"
    assert config.facades["web"].path == "/web"


def test_without_urls_the_file_shows_where_they_go() -> None:
    assert weir("init", "--output", "first.yaml").exit_code == 0

    assert load_config(Path("first.yaml"), {}).config.upstreams == {}
    assert "# products:" in Path("first.yaml").read_text()


def test_an_existing_file_is_left_alone() -> None:
    Path("weir.yaml").write_text("mine")

    result = weir("init", "a=http://h:1")

    assert result.exit_code == 2
    assert "weir.yaml already exists" in result.stderr
    assert Path("weir.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("services", "message"),
    [
        (["a"], "'a': expected NAME=URL"),
        (["=http://h:1"], "'=http://h:1': expected NAME=URL"),
        (["a=ftp://h"], "'a=ftp://h': expected NAME=URL"),
        (["a=http://[h"], "'a=http://[h': the URL has an invalid host or port"),
        (["a=http://me:s3cret@"], "'a=http://***@': the URL has no host"),
        (["a=http://h:1", "a=http://h:2"], "two services have the same name"),
        (["a b=http://h:1"], "'a b=http://h:1': expected a name of letters, digits"),
        (["1st=http://h:1"], "'1st=http://h:1': expected a name of letters, digits"),
        (["a=http://u:p@h:1"], "'a=http://***@h:1': the URL cannot have credentials"),
        (["a=http://h:1/g?x=1"], "the URL cannot have a query or a fragment"),
        (["a=http://h:1/a b"], 'expected a path that begins with "/"'),
        (["a=http://h:1/}, b: {upstream: a"], 'expected a path that begins with "/"'),
    ],
)
def test_a_wrong_argument_writes_nothing(services: list[str], message: str) -> None:
    result = weir("init", *services)

    assert result.exit_code == 2
    assert message in result.stderr
    assert not Path("weir.yaml").exists()


def test_the_version_is_printed() -> None:
    assert weir("--version").stdout.startswith("weir 0.")
