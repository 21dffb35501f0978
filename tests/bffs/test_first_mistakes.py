"""The message for each mistake that a newcomer makes names its place and a fix."""

import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.support.ports import free_port
from weir.bffs.cli.main import app

CONFIG = """\
server: {port: 4000, control: 127.0.0.1:4001}
upstreams:
  books:
    instances: [http://127.0.0.1:9]
    timeout: {attempt: 1s, total: 2s}
subgraphs:
  books: {upstream: books, sdl: books.graphql}
  home: {python: "home:schema"}
facades:
  web:
    path: /web
    operations: operations
"""
HOME = """\
import strawberry


@strawberry.type
class Query:
    @strawberry.field
    def news(self) -> str:
        return "none"


schema = strawberry.federation.Schema(query=Query)
"""


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # Each test imports modules of its own folder.
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    for name in ("home", "broken", "unfinished", "incomplete"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    Path("books.graphql").write_text("type Query { book: String }")
    Path("home.py").write_text(HOME)
    Path("broken.py").write_text("import os\n\nraise RuntimeError('no database')\n")
    Path("unfinished.py").write_text("def schema(:")
    Path("incomplete.py").write_text("import nosuchlibrary\n")
    Path("operations").mkdir()
    Path("operations/Book.graphql").write_text("query Book { book }")
    Path("empty").mkdir()


def check(config: str) -> Result:
    Path("weir.yaml").write_text(config)
    return CliRunner().invoke(app, ["check", "--config", "weir.yaml"])


def test_the_configuration_without_a_mistake_is_valid() -> None:
    outcome = check(CONFIG)

    assert outcome.exit_code == 0, outcome.output


MISTAKES = [
    (
        "  books:\n    instances",
        "   books:\n  instances",
        "4:3: the indentation is not that of the lines",
    ),
    ("    path: /web", "\tpath: /web", "11:1: there is a tab; indent by spaces"),
    (
        "    path: /web",
        "    path:/web",
        "12:15: there cannot be a value here; check the",
    ),
    ("facades:", "facades", "10:6: a key has no"),
    (
        "path: /web",
        "path: @web",
        "11:11: a value cannot begin with this character; put",
    ),
    (
        "path: /web",
        "path: web",
        'facades.web.path: it must begin with "/": write "/web"',
    ),
    (
        "operations: operations",
        "operations: operation",
        "12:5: facades.web.operations: the folder operation does",
    ),
    (
        "operations: operations",
        "operations: empty",
        "12:5: facades.web.operations: no file *.graphql in empty has an operation",
    ),
    (
        "[http://127.0.0.1:9]",
        "http://127.0.0.1:9",
        "4:5: upstreams.books.instances: expected a list",
    ),
    (
        "attempt: 1s",
        "attempt: 3s",
        "5:15: upstreams.books.timeout.attempt: has no effect, because `total` ends the"
        " call after 2s",
    ),
    (
        "127.0.0.1:4001",
        "127.0.0.1:4000",
        "1:22: server.control: `port` has the port 4000 already",
    ),
    (
        "127.0.0.1:4001",
        "127.0.0.1:4001, probes: '0.0.0.0:4001'",
        "server.probes: `control` has the port 4001 already",
    ),
    (
        "127.0.0.1:4001",
        "127.0.0.1:4001, tls: {certificate: a, key: b, redirect_from: '[::]:4000'}",
        "server.tls.redirect_from: `port` has the port 4000 already",
    ),
    (
        "home:schema",
        "hom:schema",
        "8:10: subgraphs.home.python: cannot import hom: there is no module hom in the"
        " installed packages, in the folder of this file",
    ),
    (
        "home:schema",
        "home:schem",
        "subgraphs.home.python: the module home has no schem; did you mean schema?",
    ),
    (
        "home:schema",
        "home.py:schema",
        "cannot import home.py: write the name of the module without .py",
    ),
    (
        "home:schema",
        "broken:schema",
        "cannot import broken: RuntimeError('no database') in ",
    ),
    ("home:schema", "broken:schema", "broken.py, line 3"),
    (
        "home:schema",
        "unfinished:schema",
        "cannot import unfinished: invalid syntax (unfinished.py, line 1)",
    ),
    (
        "home:schema",
        "incomplete:schema",
        "cannot import incomplete: it imports nosuchlibrary, which is not installed",
    ),
]


@pytest.mark.parametrize(("before", "after", "message"), MISTAKES)
def test_a_mistake_has_its_place_and_a_fix(
    before: str, after: str, message: str
) -> None:
    assert before in CONFIG

    outcome = check(CONFIG.replace(before, after))

    assert outcome.exit_code == 2
    assert message in outcome.stderr


def test_an_invalid_stored_operation_has_its_place_in_its_file() -> None:
    Path("operations/Book.graphql").write_text(
        "# Two errors, one of them in a fragment of another file.\n"
        'query Book @rest(path: "/book") {\n  boook\n  ...More\n}'
    )
    Path("operations/More.graphql").write_text("fragment More on Query {\n  pages\n}")

    checked = check(CONFIG.replace(":4001", f":{free_port()}"))
    served = CliRunner().invoke(app, ["serve", "--port", str(free_port())])

    assert (checked.exit_code, served.exit_code) == (1, 2)
    for place in ("operations/Book.graphql:3:3", "operations/More.graphql:2:3"):
        assert f"breaks web/Book: {place}: Cannot query field" in checked.stdout
        assert f"weir: {place}: Cannot query field" in served.stderr


def test_an_empty_file_has_a_way_to_begin() -> None:
    for text in ("", "# Nothing yet.\n"):
        assert "the file is empty; `weir init` writes" in check(text).stderr


def test_a_missing_file_has_a_way_to_begin() -> None:
    outcome = CliRunner().invoke(app, ["serve", "--config", "wier.yaml"])

    assert outcome.exit_code == 2
    assert "wier.yaml: cannot be read: No such file or directory; `weir init`" in (
        outcome.stderr
    )


def test_a_configuration_that_serves_nothing_is_an_error() -> None:
    outcome = check(CONFIG[: CONFIG.index("facades:")])

    assert outcome.exit_code == 2
    assert (
        "there is nothing to serve; configure `facades` or `routes`" in outcome.stderr
    )


@pytest.fixture
def taken_port() -> Iterator[int]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


def test_a_port_in_use_is_named_with_its_key(taken_port: int) -> None:
    config = CONFIG.replace("127.0.0.1:4001", f"127.0.0.1:{taken_port}")
    Path("weir.yaml").write_text(config)

    outcome = CliRunner().invoke(app, ["serve", "--port", str(free_port())])

    assert outcome.exit_code == 2
    assert outcome.stderr == (
        f"weir: server.control: cannot listen on 127.0.0.1:{taken_port}: the address is"
        " in use by another process; choose another one\n"
    )


@pytest.mark.parametrize(
    ("origin", "fix"),
    [
        ("http://127.0.0.1:9", "start it"),
        ("http://nowhere.invalid", "check the name of its host"),
    ],
)
def test_a_service_that_cannot_be_reached_has_a_fix(origin: str, fix: str) -> None:
    config = CONFIG.replace(", sdl: books.graphql", "")

    outcome = check(config.replace("http://127.0.0.1:9", origin))

    assert outcome.exit_code == 2
    assert "weir.yaml:7:3: subgraphs.books: cannot fetch the SDL" in outcome.stderr
    assert f"; {fix}, or name a file with `sdl`" in outcome.stderr
