"""The steps of docs/guides/add-a-facade.md, from an empty folder to a passing test."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support.demo import ROOT
from tests.support.documents import blocks
from weir.bffs.cli.main import app
from weir.bffs.config.decode import load_config

PAGE = (ROOT / "docs" / "guides" / "add-a-facade.md").read_text()
FILES = {each.file: each.text for each in blocks(PAGE) if each.file}
_, OPERATION = (each.text for each in blocks(PAGE) if each.language == "graphql")
_, HOSTS = (each.text for each in blocks(PAGE) if each.language == "yaml")
(COMMANDS,) = (each.commands for each in blocks(PAGE) if each.language == "sh")


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text)


def weir(*arguments: str) -> tuple[int, str]:
    outcome = CliRunner().invoke(app, list(arguments))
    return outcome.exit_code, outcome.stderr


def test_the_facade_of_the_page_passes_its_own_test() -> None:
    command, test = (each.split() for each in COMMANDS)

    assert weir(*command[1:])[0] == 0

    assert Path("facades/tv/Popular.graphql").read_text() == OPERATION
    assert load_config(Path("weir.yaml"), {}).config.facades["tv"].path == "/tv"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *test[1:]],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout

    Path("hosts.yaml").write_text(FILES["weir.yaml"] + HOSTS)
    config = load_config(Path("hosts.yaml"), {}).config
    assert config.facades["tv"].hosts == ["tv.example.com"]


def test_a_second_facade_leaves_the_first_as_it_is() -> None:
    before = "# mine\n" + FILES["weir.yaml"]
    Path("weir.yaml").write_text(before)

    assert weir("facade", "new", "tv")[0] == 0
    assert weir("facade", "new", "game-console")[0] == 0

    text = Path("weir.yaml").read_text()
    assert text.startswith(before)
    assert list(load_config(Path("weir.yaml"), {}).config.facades) == [
        "tv",
        "game-console",
    ]
    assert Path("tests/game_console/test_game_console.py").exists()


@pytest.mark.parametrize(
    ("sdl", "operation", "path"),
    [
        (
            "type Query { title(id: ID!, sure: Boolean!): Title }",
            "query Title($id: ID!, $sure: Boolean!)"
            ' @rest(path: "/v1/title/{id}/{sure}")',
            "/v1/title/1/true",
        ),
        ("type Query { count: Int! }", "  count\n", "/v1/count"),
        ("type Query { all: Box } type Box { in: Box }", "__typename", "/v1/all"),
    ],
)
def test_the_operation_fits_the_graph(sdl: str, operation: str, path: str) -> None:
    Path("catalog.graphql").write_text(
        sdl + (" type Title { id: ID! }" if "Title" in sdl else "")
    )

    code, output = weir("facade", "new", "tv")

    assert (code, f"REST:    GET /tv{path}\n" in output) == (0, True)
    (file,) = Path("facades/tv").iterdir()
    assert operation in file.read_text()


def write_own_operation() -> None:
    Path("facades/tv").mkdir(parents=True)
    Path("facades/tv/Popular.graphql").write_text("query Mine { a }")


@pytest.mark.parametrize(
    ("name", "prepare", "message"),
    [
        ("9", lambda: None, "expected a name of letters"),
        ("../x", lambda: None, "expected a name of letters"),
        ("tv", lambda: weir("facade", "new", "tv"), "the façade 'tv' exists already"),
        (
            "tv",
            write_own_operation,
            "Popular.graphql: exists already",
        ),
        (
            "tv",
            lambda: Path("catalog.graphql").write_text("type Query { "),
            "catalog.graphql:1:",
        ),
        (
            "tv",
            lambda: Path("catalog.graphql").write_text(
                "type Query { a(i: I!): Int } input I { b: Int }"
            ),
            "no query without input objects",
        ),
        ("tv", lambda: Path("weir.yaml").unlink(), "weir.yaml"),
    ],
)
def test_nothing_is_written_if_something_is_wrong(
    name: str, prepare: object, message: str
) -> None:
    assert callable(prepare)
    prepare()
    before = {each for each in Path().rglob("*") if each.is_file()}

    code, output = weir("facade", "new", name)

    assert code != 0
    assert message in output
    assert {each for each in Path().rglob("*") if each.is_file()} == before
