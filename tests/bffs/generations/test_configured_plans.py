"""Compiled plans: used for the same view only, and refused if they can be changed."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from tests.support.routed_gateway import generation_of
from weir.bffs.cli.main import app
from weir.bffs.config.errors import ConfigError
from weir.bffs.facades.facade import Facade
from weir.resolvers.plan import planner
from weir.resolvers.plan.planner import plan

ROOT = Path(__file__).parents[3]
CONFIG = """
mode: development
server: {compiled_plans: plans}
upstreams: {books: {instances: ["http://h"]}, prices: {instances: ["http://h"]}}
subgraphs:
  books: {upstream: books, sdl: books.graphql}
  prices: {upstream: prices, sdl: prices.graphql}
facades:
  web: {path: /web, operations: web}
  tv: {path: /tv, operations: web, contract: {exclude: [internal]}}
"""
BOOKS = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3",
  import: ["@key", "@tag"])
type Query { book(id: ID!, first: Int): Book }
type Book @key(fields: "id") {
  id: ID!
  title: String
  note: String @tag(name: "internal")
}
"""
PRICES = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Book @key(fields: "id") { id: ID! price: Int }
"""
BOOK = "query Book($id: ID!) { book(id: $id) { title price } }"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("weir.yaml").write_text(CONFIG)
    Path("books.graphql").write_text(BOOKS)
    Path("prices.graphql").write_text(PRICES)
    Path("web").mkdir()
    Path("web/book.graphql").write_text(BOOK)


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the operations that are planned from now on."""
    names: list[str] = []

    def recorded(operation: Any, *others: Any) -> Any:
        names.append(operation.name)
        return plan(operation, *others)

    monkeypatch.setattr(planner, "plan", recorded)
    return names


def compile_plans() -> str:
    outcome = CliRunner().invoke(app, ["compile"])
    assert outcome.exit_code == 0, outcome.output
    return outcome.output


def facades(config: str = CONFIG) -> tuple[Facade, ...]:
    """Build a generation, and return its façades."""

    async def built() -> tuple[Facade, ...]:
        generation = await generation_of(config)
        await generation.close()
        return generation.facades

    return asyncio.run(built())


def test_compiled_operations_are_neither_planned_nor_generated_again(
    planned: list[str],
) -> None:
    without = facades(CONFIG.replace("server:", "#"))
    expected = [each.stored[0][1].executable for each in without]
    assert compile_plans() == "Written to plans: 2 plans and 2 modules of code.\n"
    planned.clear()

    found = [each.stored[0][1].executable for each in facades()]

    assert planned == []
    assert [each.plan for each in found] == [each.plan for each in expected]
    assert [each.code.form for each in found] == [each.code.form for each in expected]
    files = {
        shape.project.__code__.co_filename
        for each in found
        for shape in each.shape.cached()
        if shape.project is not None
    }
    assert {Path(each).parent.name for each in files} == {"plans"}


PLANNER = "weir.resolvers.plan.planner"
START = f"""
import asyncio, sys
from tests.support.routed_gateway import generation_of
async def start():
    generation = await generation_of(open("weir.yaml").read())
    await generation.close()
asyncio.run(start())
print("{PLANNER}" in sys.modules)
"""


@pytest.mark.parametrize("compiled", [True, False])
def test_a_start_with_compiled_plans_imports_no_planner(*, compiled: bool) -> None:
    compile_plans()
    if not compiled:
        edited("weir.yaml", "server:", "#")

    started = subprocess.run(
        [sys.executable, "-c", START],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert started.returncode == 0, started.stderr
    assert started.stdout == f"{not compiled}\n"


def edited(file: str, before: str, after: str) -> None:
    text = Path(file).read_text()
    assert before in text
    Path(file).write_text(text.replace(before, after))


def other_version() -> None:
    edited("plans/plans.json", '"weir": "', '"weir": "9.')


def other_python() -> None:
    edited("plans/plans.json", '"python": "3.', '"python": "2.')


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        (lambda: edited("web/book.graphql", "price", "id"), 2),
        (lambda: edited("books.graphql", "title: String", "title: String!"), 2),
        (lambda: edited("weir.yaml", "[internal]", "[internal, more]"), 1),
        (lambda: edited("weir.yaml", "facades:", "limits: {depth: 9}\nfacades:"), 2),
        (
            lambda: edited(
                "weir.yaml",
                "operations: web}",
                "operations: web,"
                ' device: {arguments: {"Query.book(first:)": {default: 1}}}}',
            ),
            2,
        ),
        (other_version, 2),
        (other_python, 2),
    ],
    ids=["operation", "graph", "contract", "limits", "device rules", "Weir", "Python"],
)
def test_plans_for_something_else_are_not_used(
    change: Callable[[], None],
    missing: int,
    planned: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    edited(
        "books.graphql", "note: String", 'more: String @tag(name: "more") note: String'
    )
    compile_plans()
    planned.clear()

    change()
    facades(Path("weir.yaml").read_text())

    assert planned == ["Book"] * missing
    warnings = [each for each in caplog.messages if "`weir compile`" in each]
    assert len(warnings) == missing
    assert "1 of 1 stored operations are planned at each start" in warnings[0]
    is_version = change in (other_version, other_python)
    assert ("whose plans are for weir" in warnings[0]) is is_version


def damaged(text: str) -> Callable[[], object]:
    return lambda: Path("plans/plans.json").write_text(text)


def without_plan() -> None:
    content = orjson.loads(Path("plans/plans.json").read_bytes())
    content["plans"] = {key: {"Plan": {}} for key in content["plans"]}
    Path("plans/plans.json").write_bytes(orjson.dumps(content))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda: Path("plans/plans.json").unlink(),
            "plans/plans.json cannot be read: No such file or directory; write",
        ),
        (damaged('{"made'), "plans/plans.json is not JSON"),
        (damaged("[]"), "plans/plans.json does not have compiled plans; write"),
        (damaged('{"plans": {}}'), "plans/plans.json does not have compiled plans"),
        (without_plan, "plans.json: the plan of Book is damaged; run `weir compile`"),
    ],
)
def test_a_damaged_folder_is_an_error_with_its_place(
    damage: Callable[[], object], message: str
) -> None:
    compile_plans()
    damage()

    with pytest.raises(ConfigError) as raised:
        facades()

    assert message in str(raised.value)


@pytest.mark.parametrize(
    "writable", ["", "plans", "plans/plans.json", "plans/__pycache__"]
)
def test_production_rejects_what_its_user_can_write(
    writable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_plans()
    refused = tmp_path / writable
    monkeypatch.setattr(
        os, "access", lambda path, *_, **__: Path(path).resolve() == refused
    )

    with pytest.raises(ConfigError) as raised:
        facades(CONFIG.replace("development", "production"))

    assert f"the user that serves can write {refused}, and" in str(raised.value)
    assert str(raised.value).startswith("weir.yaml:3:")


def test_production_takes_what_its_user_cannot_write(
    planned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    production = CONFIG.replace("development", "production")
    Path("weir.yaml").write_text(production)
    compile_plans()
    planned.clear()
    monkeypatch.setattr(os, "access", lambda *_, **__: False)

    facades(production)

    assert planned == []


def test_compile_needs_the_key_and_a_folder_that_it_can_write() -> None:
    Path("plans").write_text("a file")
    outcome = CliRunner().invoke(app, ["compile"])
    assert (outcome.exit_code, "plans: cannot be written" in outcome.output) == (
        2,
        True,
    )

    Path("weir.yaml").write_text(CONFIG.replace("server:", "#"))
    outcome = CliRunner().invoke(app, ["compile"])
    assert outcome.exit_code == 2
    assert "weir.yaml: add `server.compiled_plans`, the folder" in outcome.output
