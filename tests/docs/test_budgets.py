"""docs/guides/budgets.md: its output, and the bytes of fields to the last one."""

import re
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from tests.support.demo import ROOT
from tests.support.documents import blocks
from weir.bffs.budget.json_list import read_list
from weir.bffs.budget.measurement import Measurement
from weir.bffs.cli.main import app

PAGE = (ROOT / "docs" / "guides" / "budgets.md").read_text()
FILES = {each.file: each.text for each in blocks(PAGE) if each.file}
(FRAGMENT,) = (
    each.text for each in blocks(PAGE) if each.language == "graphql" and not each.file
)
FIRST, SECOND, RECORDED = (
    each.text.split() for each in blocks(PAGE) if each.language == "sh"
)
(OUTPUT,) = (each.text for each in blocks(PAGE) if each.language == "text")
HOME = Path("operations/home.graphql")


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("operations").mkdir()
    # Modules are imported once in a process.
    module = re.sub(r"\W", "_", tmp_path.name)
    for name, text in FILES.items():
        assert name is not None
        renamed = text.replace('"films:schema"', f'"{module}:schema"')
        Path(name.replace("films.py", f"{module}.py")).write_text(renamed)


def weir(*arguments: str) -> tuple[int, str]:
    outcome = CliRunner().invoke(app, list(arguments))
    return outcome.exit_code, outcome.output


def widen() -> None:
    HOME.write_text(HOME.read_text().partition("fragment")[0] + FRAGMENT)


def saved(file: str) -> list[Measurement]:
    return read_list(Path(file), Measurement, "--save")


def test_a_new_field_is_named_with_its_bytes() -> None:
    code, first = weir(*FIRST[1:])
    assert (code, "mobile  Home" in first) == (0, True)
    widen()

    code, second = weir(*SECOND[1:], "--save", "after.json")

    assert code == 1
    *_, named = second.partition("mobile Home")
    sizes = re.compile(r"\([+-]\d+ B with gzip\)")
    assert sizes.sub("", "mobile Home" + named) == sizes.sub("", OUTPUT)
    (before,), (after,) = saved("before.json"), saved("after.json")
    badges = sum(
        each.bytes for each in after.fields if each.path.startswith("films.badges")
    )
    assert badges == after.bytes - before.bytes


def test_the_bytes_of_all_fields_are_the_response() -> None:
    widen()
    assert weir("budget", "--save", "run.json")[0] == 1

    (run,) = saved("run.json")

    envelope = len(orjson.dumps({"data": {}})) - 1
    assert sum(each.bytes for each in run.fields) + envelope == run.bytes
    assert [(each.path, each.coordinate, each.service) for each in run.fields] == [
        ("films", "Query.films", "films"),
        ("films.id", "Film.id", "films"),
        ("films.name", "Film.name", "films"),
        ("films.badges", "Film.badges", "films"),
        ("films.badges.text", "Badge.text", "films"),
        ("films.badges.color", "Badge.color", "films"),
    ]


def test_a_removed_field_and_a_removed_query_are_named() -> None:
    widen()
    weir("budget", "--save", "before.json")
    HOME.write_text("query Home { films { id } }")

    output = weir("budget", "--against", "before.json")[1]
    HOME.write_text("query Start { films { id } }")
    config = Path("weir.yaml")
    config.write_text(config.read_text().replace("Home: {gzip", "Start: {gzip"))
    renamed = weir("budget", "--against", "before.json")[1]

    assert "-1.76 kB  Film.badges (films)" in output
    assert "Film.name (films)" in output
    assert "mobile Start: new" in renamed
    assert "mobile Home: removed" in renamed


def test_the_largest_fields_are_explained() -> None:
    output = weir("budget", "--explain")[1]

    assert "mobile Home: 1.16 kB" in output
    assert "Film.name (films)  films.name" in output


def test_a_recorded_run_is_repeated() -> None:
    first, second = (weir(*RECORDED[1:]) for _ in range(2))

    assert (first[0], second[0]) == (0, 0)
    assert Path("services.json").read_text() == "[]\n"  # the subgraph is Python code


@pytest.mark.parametrize(
    ("old", "new", "arguments", "message"),
    [
        ("mode: enforce", "mode: warn", "", "warning: mobile Home: depth 2"),
        (
            "Home: {gzip",
            "Hom: {gzip",
            "",
            'unknown stored query "Hom"; did you mean "Home"?',
        ),
        ("bytes: 2KB", "bytes: 2", "", "write a size with its unit"),
        ("", "", "--facade tv", 'unknown façade "tv"'),
        ("", "", "--against none.json", "none.json: cannot be read"),
        ("", "", "--against weir.yaml", "weir.yaml:1:1: is not JSON"),
        ("", "", "--against list.json", "list.json: was not written by `weir budget"),
        ("", "", "--variables none.json", "none.json: cannot be read"),
        ("", "", "--variables weir.yaml", "weir.yaml:1:1: is not JSON"),
        ("", "", "--variables list.json", "list.json: expected the variables"),
        ("", "", "--header x", "--header: expected 'name: value'"),
        ("", "", "--header a:é", "--header: expected 'name: value'"),
        ("", "", "--save missing/run.json", "missing/run.json: No such file"),
    ],
)
def test_wrong_input_has_an_error(
    old: str, new: str, arguments: str, message: str
) -> None:
    config = Path("weir.yaml")
    text = config.read_text().replace(old, new) if old else config.read_text()
    config.write_text(text.replace("depth: 4", "depth: 1"))
    Path("list.json").write_text("[1]")

    code, output = weir("budget", *arguments.split())

    assert message in output
    assert "Traceback" not in output
    assert (code == 0) == (new == "mode: warn")


def test_a_query_without_a_complete_response_is_an_error() -> None:
    HOME.write_text("query Home($yes: Boolean!) { films { id @include(if: $yes) } }")

    code, output = weir("budget")
    Path("variables.json").write_text('{"Home": {"yes": false}}')
    given, _ = weir("budget", "--variables", "variables.json")

    assert code == 1
    assert "mobile: Home has no complete response" in output
    assert given == 0
