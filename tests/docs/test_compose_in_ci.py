"""Every example of docs/guides/compose-in-ci.md does what the page says."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.bffs.cli.test_commands import REVIEWS, USERS
from weir.bffs.cli.main import app
from weir.bffs.config.decode import load_config

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "compose-in-ci.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("users.graphql").write_text(USERS)
    Path("reviews.graphql").write_text(REVIEWS)
    Path("weir.yaml").write_text(
        "upstreams: {u: {instances: [http://127.0.0.1:9]}}\n"
        "subgraphs: {users: {upstream: u, sdl: users.graphql}}\n"
        "facades: {web: {path: /web}}\n"
    )


@pytest.mark.parametrize("code", blocks("python"))
def test_a_python_example_passes(code: str) -> None:
    names: dict[str, Callable[[], None]] = {}
    exec(compile(code, "compose-in-ci.md", "exec"), names)  # noqa: S102 - our own page
    (test,) = (each for name, each in names.items() if name.startswith("test_"))

    test()


@pytest.mark.parametrize("text", blocks("yaml"))
def test_a_configuration_is_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "own.yaml").write_text(text)

    load_config(tmp_path / "own.yaml", {})


def test_the_commands_succeed_in_order() -> None:
    for command in blocks("sh"):
        arguments = shlex.split(command)
        assert arguments.pop(0) == "weir"
        outcome = CliRunner().invoke(app, arguments)
        assert outcome.exit_code == 0, outcome.stderr
