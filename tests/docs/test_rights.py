"""The commands of docs/guides/authorization.md on rights, with their output."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from weir.bffs.cli.main import app

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "authorization.md").read_text()
SECTION = PAGE.partition("## Explain, and lock")[2].partition("\n## ")[0]
COMMANDS = re.findall(r"^weir (.+)$", SECTION, re.MULTILINE)
EXPLAINED, MORE = re.findall(r"\n\n```\n(.*?)```", SECTION, re.DOTALL)
(SDL,) = re.findall(r"```graphql\n(extend.*?)```", PAGE, re.DOTALL)
CONFIG = """
mode: development
identity:
  jwt: {demo: {issuer: demo, audiences: a, secret: "0123456789abcdef0123456789abcdef"}}
  policies: {bonus_round_is_open: {cel: "true"}}
upstreams: {u: {instances: [http://h]}}
subgraphs: {staff: {upstream: u, sdl: staff.graphql}}
facades: {web: {path: /web, operations: operations}}
"""


def weir(command: str) -> Result:
    return CliRunner().invoke(app, command.split())


def test_the_commands_print_what_is_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("weir.yaml").write_text(CONFIG)
    Path("staff.graphql").write_text(SDL)
    Path("operations").mkdir()
    Path("operations/a.graphql").write_text(
        "query Salaries { employee { phone salary bonus } }"
    )
    explain, token, lock, check, plan = COMMANDS

    Path("token.txt").write_text(weir(token).stdout)
    assert weir(explain).stdout == EXPLAINED
    assert weir(lock).exit_code == 0
    assert weir(check).exit_code == 0
    assert "response: private" in weir(plan).stdout

    Path("staff.graphql").write_text(SDL.replace('["hr", "pay:read"], ', ""))
    checked = weir(check)
    assert checked.exit_code == 1
    assert MORE in checked.stdout
