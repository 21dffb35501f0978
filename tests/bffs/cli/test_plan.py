"""`weir plan` and `weir explain` for a façade: its contract, rules and operations."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from weir.bffs.cli.main import app

CONFIG = """
upstreams: {u: {instances: [http://h]}}
subgraphs: {g: {upstream: u, sdl: g.graphql}}
facades:
  web: {path: /web}
  phone:
    path: /phone
    operations: operations
    contract: {exclude: [internal]}
    device:
      arguments:
        "Query.books(first:)": {default: 2, max: 10}
        "Book.cover(width:)": 320
"""
SDL = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@tag"])
type Query { books(first: Int = 50): [Book] }
type Book {
  cover(width: Int): String
  margin: Int @tag(name: "internal")
}
"""
STORED = """
query Books($n: Int) @rest(path: "/books") { books(first: $n) { ...Card } }
query Few { books(first: 3) { ...Card } }
"""


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("weir.yaml").write_text(CONFIG)
    Path("g.graphql").write_text(SDL)
    Path("operations").mkdir()
    Path("operations/Books.graphql").write_text(STORED)
    Path("operations/Card.graphql").write_text("fragment Card on Book { cover }")
    Path("o.graphql").write_text("{ books(first: 99) { cover(width: 5) margin } }")


def weir(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("command", ["plan", "explain"])
def test_a_contract_hides_fields_from_the_operation(command: str) -> None:
    web = weir(command, "o.graphql", "--facade", "web")
    phone = weir(command, "o.graphql", "--facade", "phone")

    assert web.exit_code == 0
    assert phone.exit_code == 1
    assert "o.graphql:1:38: Cannot query field 'margin'" in phone.stderr


@pytest.mark.parametrize("command", ["plan", "explain"])
def test_a_stored_operation_is_planned_with_the_fragments_of_its_folder(
    command: str,
) -> None:
    outcome = weir(command, "Books", "--facade", "phone", "--config", "weir.yaml")

    assert outcome.exit_code == 0
    assert "cover" in outcome.stdout
    assert ": $n, 2 by default, at most 10, by the rule for" in outcome.stdout
    assert ": 320, by the rule for Book.cover(width:)" in outcome.stdout


def test_device_rules_are_applied_to_written_values() -> None:
    Path("o.graphql").write_text("{ books(first: 99) { cover(width: 5) } }")

    phone = weir("plan", "o.graphql", "--facade", "phone").stdout
    web = weir("plan", "o.graphql", "--facade", "web").stdout

    assert ": 10, by the rule for Query.books(first:)" in phone
    assert ": 5, by the rule for Book.cover(width:)" in phone
    assert ": 99, Query.books(first:) has no rule here" in web
    assert phone.split("device rules")[0] == web.split("device rules")[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Books",), "choose one by --facade; there are: web, phone"),
        (("o.graphql", "--facade", "tv"), 'unknown façade "tv"'),
        (
            ("Book", "--facade", "phone"),
            "Book: cannot be read: No such file or directory; stored operations:"
            " Books, Few",
        ),
        (
            ("operations/Books.graphql", "--facade", "phone"),
            "operations/Books.graphql: choose an operation by --name: Books, Few",
        ),
        (("s.graphql", "o.graphql", "--facade", "web"), "give a supergraph, or a "),
        (("a", "b", "c"), "expected a supergraph and an operation, or an operation"),
    ],
)
def test_wrong_arguments_are_errors(arguments: tuple[str, ...], message: str) -> None:
    Path("operations/Books.graphql").write_text(STORED.replace("...Card", "cover"))
    for command in ("plan", "explain"):
        outcome = weir(command, *arguments)

        assert outcome.exit_code == 2
        assert message in outcome.stderr


def test_one_of_several_operations_is_chosen_by_name() -> None:
    Path("two.graphql").write_text("query A { books { cover } } query B { __typename }")

    outcome = weir("plan", "two.graphql", "--name", "A", "--facade", "web")

    assert outcome.exit_code == 0
    assert "cover" in outcome.stdout
