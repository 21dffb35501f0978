"""`weir schema`: the schema of a façade, with the directives of stored operations."""

from pathlib import Path

import pytest
from graphql import build_schema, parse, validate
from typer.testing import CliRunner

from weir.bffs.cli.main import app

CONFIG = """
upstreams: {u: {instances: [http://h]}}
subgraphs: {g: {upstream: u, sdl: g.graphql}}
facades:
  web: {path: /web, contract: {exclude: [internal]}}
  staff: {path: /staff}
"""
SDL = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@tag"])
type Query { book(id: ID!): String secret: String @tag(name: "internal") }
"""
STORED = """
query Book($id: ID!) @rest(method: PUT, path: "/books/{id}") @access(scopes: [["a"]]) {
  book(id: $id)
}
"""


def shown(folder: Path, *arguments: str, config: str = CONFIG) -> tuple[int, str]:
    (folder / "weir.yaml").write_text(config)
    (folder / "g.graphql").write_text(SDL)
    result = CliRunner().invoke(
        app, ["schema", "--config", str(folder / "weir.yaml"), *arguments]
    )
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("facade", "fields"), [("web", {"book"}), ("staff", {"book", "secret"})]
)
def test_the_schema_is_that_of_the_facade(
    tmp_path: Path, facade: str, fields: set[str]
) -> None:
    code, sdl = shown(tmp_path, "--facade", facade)

    query = build_schema(sdl).query_type
    assert code == 0
    assert query is not None
    assert {*query.fields} == fields
    assert "@rest" not in sdl


def test_a_linter_knows_the_directives_of_stored_operations(tmp_path: Path) -> None:
    _, plain = shown(tmp_path, "--facade", "web")
    code, sdl = shown(tmp_path, "--facade", "web", "--directives")

    assert code == 0
    assert len(validate(build_schema(plain), parse(STORED))) == 2
    assert validate(build_schema(sdl), parse(STORED)) == []


def test_the_only_facade_needs_no_name(tmp_path: Path) -> None:
    one = CONFIG.replace("  staff: {path: /staff}\n", "")
    assert shown(tmp_path, config=one)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "choose one by --facade; there are: web, staff"),
        (("--facade", "wep"), 'unknown façade "wep"; did you mean "web"?'),
    ],
)
def test_a_facade_that_is_not_known_is_an_error(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    code, output = shown(tmp_path, *arguments)

    assert code == 2
    assert message in output
