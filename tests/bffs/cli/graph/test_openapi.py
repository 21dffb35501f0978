"""`weir openapi`: descriptions of versions, and the changes since a former one."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from weir.bffs.cli.main import app

CONFIG = """
upstreams: {u: {instances: [http://h]}}
subgraphs: {g: {upstream: u, sdl: g.graphql}}
facades:
  partner:
    path: /partner
    openapi: true
    versions:
      v1: {operations: v1, deprecated: "2026-01-01", sunset: "2026-12-31"}
      v2: {operations: v2}
"""
SDL = "type Query { book(id: ID!): Book } type Book { id: ID! name: String year: Int }"
BOOK = 'query Book($id: ID!) @rest(path: "/books/{id}") { book(id: $id) { name } }'
NEW = BOOK.replace("name", "title: name year")


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("weir.yaml").write_text(CONFIG)
    Path("g.graphql").write_text(SDL)
    for name, text in (("v1", BOOK), ("v2", NEW)):
        Path(name).mkdir()
        Path(name, "book.graphql").write_text(text)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["openapi", *arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("version", "member", "is_deprecated"), [("v1", "name", True), ("v2", "year", None)]
)
def test_each_version_has_its_operations(
    version: str,
    member: str,
    is_deprecated: bool | None,  # noqa: FBT001 - a column of the table
) -> None:
    code, output = run("partner", "--version", version)

    document = orjson.loads(output)
    assert code == 0
    assert document["servers"] == [{"url": f"/partner/{version}"}]
    operation = document["paths"]["/books/{id}"]["get"]
    assert operation.get("deprecated") is is_deprecated
    response = document["components"]["schemas"]["BookResponse"]
    assert member in response["properties"]


def test_the_changes_from_a_former_document() -> None:
    _, document = run("--version", "v1")
    Path("old.json").write_text(document)

    assert run("--version", "v1", "--diff", "old.json") == (
        0,
        "It does not break clients.\n",
    )

    Path("v1", "book.graphql").write_text(BOOK.replace("name", "year"))
    assert run("--version", "v1", "--diff", "old.json") == (
        1,
        "breaking: GET /books/{id}: response: `name` was removed.\n"
        "safe: GET /books/{id}: response: `year` was added.\n"
        "It breaks clients.\n",
    )


def released(name: str = "v1") -> list[str]:
    return sorted(each.name for each in Path("api", name).glob("*.json"))


def test_releases_are_files_by_day_and_those_of_a_day_are_one() -> None:
    Path("weir.yaml").write_text(CONFIG.replace("openapi: true", "releases: api"))
    first = run("--version", "v1", "--release")
    same = run("--version", "v1", "--release")
    (today,) = released()
    Path("api", "v1", today).rename("api/v1/2026-01-15.json")
    Path("v1", "book.graphql").write_text(BOOK.replace("name", "year"))
    second = run("--version", "v1", "--release")
    Path("v1", "book.graphql").write_text(NEW)
    third = run("--version", "v1", "--release")

    assert first[0] == same[0] == second[0] == third[0] == 0
    assert "It is the first release." in first[1]
    assert f"It has not changed since {today[:10]}." in same[1]
    assert "breaking: GET /books/{id}: response: `name` was removed." in second[1]
    # Today's document is replaced, and compared with that of another day.
    assert "response: `title` was added." in third[1]
    assert "`name` was removed." in third[1]
    assert released() == ["2026-01-15.json", today]
    assert released("v2") == []


@pytest.mark.parametrize(
    ("config", "arguments", "message"),
    [
        (CONFIG, (), "weir.yaml:5:3: facades.partner: set `releases` to a folder"),
        (f"{CONFIG}    releases: g.graphql\n", (), "g.graphql: is not a folder"),
        (
            f"{CONFIG}    releases: ''\n",
            (),
            "weir.yaml:11:5: facades.partner.releases",
        ),
        (f"{CONFIG}    releases: named\n", (), "expected the day of a release as its"),
        (f"{CONFIG}    releases: api\n", ("--diff", "a.json"), "not used with --rele"),
    ],
)
def test_a_release_that_cannot_be_written_is_an_error(
    config: str, arguments: tuple[str, ...], message: str
) -> None:
    Path("weir.yaml").write_text(config)
    Path("named/v1").mkdir(parents=True)
    Path("named/v1/20260115.json").write_text("{}")

    code, output = run("--version", "v1", "--release", *arguments)

    assert code == 2
    assert message in " ".join(output.split()), output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "choose one by --version; there are: v1, v2"),
        (("--version", "v3"), 'unknown version "v3"; there are: v1, v2'),
        (("other",), 'unknown façade "other"; there are: partner'),
        (("--diff", "weir.yaml"), "weir.yaml:2:1: is not JSON"),
        (("--diff", "nothing.json"), "nothing.json: cannot be read: No such file"),
        (("--diff", "list.json"), "is not an OpenAPI document: it has no `paths`"),
        (("--version", "v1", "--diff", "deep.json"), "deep.json: has more than 256"),
    ],
)
def test_a_wrong_argument_is_an_error(arguments: tuple[str, ...], message: str) -> None:
    Path("list.json").write_text("[1]")
    Path("deep.json").write_text('{"paths": {"/": %s}}' % ("[" * 400 + "]" * 400))

    code, output = run(*arguments)

    assert code == 2
    assert message in output


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            "operations: v2",
            "operations: v3",
            "weir.yaml:10:12: facades.partner.versions.v2.operations: the folder v3",
        ),
        (
            '"2026-12-31"',
            '"2025-12-31"',
            "facades.partner.versions.v1: `sunset` is before `deprecated`",
        ),
        (
            "    openapi: true\n",
            "    operations: v1\n",
            "expected either `operations` or `versions`, got both",
        ),
        ("v2: {op", "2: {op", "a name of letters, digits, _ and -"),
    ],
)
def test_wrong_versions_are_errors(before: str, after: str, message: str) -> None:
    Path("weir.yaml").write_text(CONFIG.replace(before, after))

    code, output = run("--version", "v1")

    assert code == 2
    assert message in output


def test_one_operation_of_two_versions_has_one_access_rule() -> None:
    guarded = BOOK.replace(" @rest", " @access(authenticated: true) @rest")
    Path("v2", "book.graphql").write_text(guarded)

    code, output = run("--version", "v1")

    assert code == 2
    assert "Book of v2 is the operation of v1; its @access must be the same" in output


def test_versions_may_share_an_operation() -> None:
    Path("v2", "book.graphql").write_text(BOOK)

    (_, one), (_, other) = run("--version", "v1"), run("--version", "v2")

    assert '"/books/{id}"' in one
    assert '"/books/{id}"' in other
