"""What the commands print and answer, called as a person calls them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from weir.bffs.cli.main import app

HEAD = """extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
"""
USERS = (
    HEAD
    + """type Query { me: User }
type User @key(fields: "id") { id: ID! name: String }
"""
)
REVIEWS = (
    HEAD
    + """type User @key(fields: "id") { id: ID! reviews: [Review!]! }
type Review { stars: Int! }
"""
)


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("users.graphql").write_text(USERS)
    Path("reviews.graphql").write_text(REVIEWS)


def weir(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


BOTH = ("users=users.graphql", "reviews=reviews.graphql")


def test_compose_writes_the_same_supergraph_whatever_the_order() -> None:
    first = weir("compose", *BOTH)
    second = weir("compose", *reversed(BOTH), "--output", "out.graphql")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "join__Graph" in first.stdout
    assert Path("out.graphql").read_text() == first.stdout


def test_compose_reports_each_error_with_location_and_fix() -> None:
    Path("reviews.graphql").write_text(REVIEWS.replace("reviews:", "name: String r:"))

    text = weir("compose", *BOTH)
    as_json = weir("compose", *BOTH, "--format", "json")

    assert (text.exit_code, as_json.exit_code) == (1, 1)
    assert "INVALID_FIELD_SHARING" in text.stderr
    assert "reviews.graphql:3:" in text.stderr
    assert "fix:" in text.stderr
    (error,) = json.loads(as_json.stdout)
    assert error["code"] == "INVALID_FIELD_SHARING"
    assert {each["subgraph"] for each in error["locations"]} == {"users", "reviews"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("compose", "users"), "'users': expected NAME=FILE or NAME=URL"),
        (("compose", "u v=u.graphql"), "'u v=u.graphql': expected a name of letters"),
        (("compose", "my.u=u.graphql"), "expected a name of letters"),
        (("compose", "1st=u.graphql"), "expected a name of letters"),
        (("compose", "u="), "'u=': expected NAME=FILE or NAME=URL"),
        (("compose", "u=a.graphql", "u=b.graphql"), "two arguments have the name u"),
        (("compose",), "give subgraphs as NAME=FILE or NAME=URL, or use --config"),
        (
            ("check",),
            "weir.yaml: cannot be read: No such file or directory; `weir init`",
        ),
        (("compose", "u=http://me:s3cret@h/"), "got 'http://***@h'"),
        (("compose", "u=http://[::1/g"), "'u=http://[::1/g': the URL has an invalid"),
        (("compose", "u=http://me:s3cret@h:x/"), "'u=http://***@h:x/': the URL has an"),
        (("compose", "u=nowhere.graphql"), "nowhere.graphql cannot be read"),
        (("compose", "u=http://127.0.0.1:9/g"), "cannot fetch the SDL of the service"),
        (("compose", "--config", "nowhere.yaml"), "nowhere.yaml: cannot be read"),
        (("check", *BOTH, "--against", "nowhere"), "nowhere: cannot be read: No"),
        (
            ("check", *BOTH, "--against", "http://127.0.0.1:9/"),
            "cannot fetch the schema",
        ),
        (("check", *BOTH, "--against", "http://[::1/g"), "http://[::1/g: the URL has"),
        (("check", *BOTH, "--against", "http://xn--/g"), "cannot fetch the schema"),
        (("plan", "nowhere", "users.graphql"), "No such file or directory"),
        (("plan", "users.graphql", "users.graphql"), "cannot be served"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    arguments: tuple[str, ...], expected: str
) -> None:
    outcome = weir(*arguments)

    assert outcome.exit_code == 2
    assert expected in outcome.stderr


def test_check_reports_the_effect_of_a_change_on_clients() -> None:
    weir("compose", *BOTH, "--output", "old.graphql")
    Path("users.graphql").write_text(USERS.replace("name: String", "email: String"))

    text = weir("check", *BOTH, "--against", "old.graphql")
    as_json = weir("check", *BOTH, "--against", "old.graphql", "--format", "json")

    assert text.exit_code == 1
    assert "breaking: Field User.name was removed." in text.stdout
    assert "safe: field User.email was added" in text.stdout
    told = json.loads(as_json.stdout)
    assert told["breaks"] is True
    assert told["changes"][0]["severity"] == "breaking"


def test_check_lists_the_stored_operations_that_a_change_breaks() -> None:
    Path("operations").mkdir()
    Path("operations/Me.graphql").write_text("query Me { me { name } }")
    Path("weir.yaml").write_text(
        "upstreams: {u: {instances: [http://127.0.0.1:9]}}\n"
        "subgraphs: {users: {upstream: u, sdl: users.graphql}}\n"
        "facades: {web: {path: /web, operations: operations}}\n"
    )

    before = weir("check", "--config", "weir.yaml")
    Path("users.graphql").write_text(USERS.replace("name: String", "email: String"))
    after = weir("check", "--config", "weir.yaml")

    assert (before.exit_code, before.stdout) == (0, "It composes.\n")
    assert after.exit_code == 1
    place = "operations/Me.graphql:1:17"
    message = f"{place}: Cannot query field 'name' on type 'User'."
    assert f"breaks web/Me: {message}" in after.stdout


CONFIG = """
upstreams: {u: {instances: [http://127.0.0.1:9]}}
subgraphs:
  users: {upstream: u, sdl: users.graphql}
  reviews: {upstream: u, sdl: reviews.graphql}
"""


def test_an_argument_replaces_a_subgraph_of_the_configuration() -> None:
    Path("weir.yaml").write_text(CONFIG)
    Path("new.graphql").write_text(REVIEWS.replace("stars: Int!", "stars: Float!"))
    weir("compose", "--config", "weir.yaml", "--output", "old.graphql")

    replaced = weir("compose", "--config", "weir.yaml", "reviews=new.graphql")
    checked = weir(
        *("check", "--config", "weir.yaml", "reviews=new.graphql"),
        *("--against", "old.graphql"),
    )

    assert "stars: Float!" in replaced.stdout
    assert checked.exit_code == 1
    assert "breaking: Field Review.stars changed type" in checked.stdout


def test_an_argument_adds_a_subgraph_to_the_configuration_with_a_note() -> None:
    Path("weir.yaml").write_text(CONFIG)
    Path("more.graphql").write_text(HEAD + "type Query { more: Int }")

    outcome = weir("compose", "--config", "weir.yaml", "more=more.graphql")

    assert outcome.exit_code == 0
    assert "more: Int" in outcome.stdout
    assert outcome.stderr == (
        'weir: note: the subgraph "more" is added; those of the configuration are:'
        " reviews, users\n"
    )


def test_a_replaced_subgraph_of_the_configuration_is_not_read() -> None:
    Path("weir.yaml").write_text(CONFIG.replace("reviews.graphql", "nowhere.graphql"))

    outcome = weir("compose", "--config", "weir.yaml", "reviews=reviews.graphql")

    assert outcome.exit_code == 0


def test_plan_prints_each_stage_and_explain_the_reasons() -> None:
    weir("compose", *BOTH, "--output", "s.graphql")
    Path("o.graphql").write_text("{ me { name reviews { stars } } }")

    plan = weir("plan", "s.graphql", "o.graphql")
    as_json = weir("plan", "s.graphql", "o.graphql", "--format", "json")
    explained = weir("explain", "s.graphql", "o.graphql")
    stages = [
        weir("plan", "s.graphql", "o.graphql", "--stage", stage)
        for stage in ("paths", "choice", "fetches", "plan", "code")
    ]

    assert plan.stdout.startswith("query: 2 fetches in 2 stages")
    assert [each["subgraph"] for each in json.loads(as_json.stdout)["fetches"]] == [
        "users",
        "reviews",
    ]
    assert "by the key { id } of User" in explained.stdout
    assert [each.exit_code for each in stages] == [0, 0, 0, 0, 0]
    assert len({each.stdout for each in stages}) == 5
    assert 'v_name = source["name"]' in stages[-1].stdout


def test_a_stored_operation_can_be_planned() -> None:
    weir("compose", *BOTH, "--output", "s.graphql")
    Path("o.graphql").write_text('query Me @rest(\n  path: "/me"\n) { me { nam } }')
    wrong = weir("plan", "s.graphql", "o.graphql")
    Path("o.graphql").write_text('query Me @rest(path: "/me") { me { name } }')
    plan = weir("plan", "s.graphql", "o.graphql")
    explanation = weir("explain", "s.graphql", "o.graphql")

    assert (plan.exit_code, explanation.exit_code, wrong.exit_code) == (0, 0, 1)
    assert "o.graphql:3:10: Cannot query field 'nam'" in wrong.stderr


def test_each_error_of_an_operation_has_its_place() -> None:
    weir("compose", *BOTH, "--output", "s.graphql")
    Path("o.graphql").write_text("{\n  me { nam }\n  you\n}")
    invalid = weir("plan", "s.graphql", "o.graphql")
    Path("o.graphql").write_text("{\n  me {")
    unfinished = weir("explain", "s.graphql", "o.graphql")

    lines = invalid.stderr.splitlines()
    assert [each.split(": ")[1] for each in lines] == ["o.graphql:2:8", "o.graphql:3:3"]
    assert "o.graphql:2:7: Syntax Error" in unfinished.stderr


def test_a_plan_depends_on_the_given_override_labels() -> None:
    head = HEAD.replace("v2.3", "v2.7").replace('"@key"', '"@key", "@override"')
    Path("reviews.graphql").write_text(
        head
        + """type User @key(fields: "id") {
  id: ID!
  name: String @override(from: "users", label: "percent(5)")
}
"""
    )
    weir("compose", *BOTH, "--output", "s.graphql")
    Path("o.graphql").write_text("{ me { name } }")

    def fetches(*labels: str) -> list[str]:
        options = [part for label in labels for part in ("--label", label)]
        plan = weir("plan", "s.graphql", "o.graphql", "--format", "json", *options)
        return [each["subgraph"] for each in json.loads(plan.stdout)["fetches"]]

    moved = weir("explain", "s.graphql", "o.graphql", "--label", "percent(5)")
    unknown = weir("plan", "s.graphql", "o.graphql", "--label", "percent(6)")

    assert (fetches(), fetches("percent(5)")) == (["users"], ["users", "reviews"])
    assert "reviews" in moved.stdout
    assert unknown.exit_code == 2
    assert 'unknown label "percent(6)"; did you mean "percent(5)"?' in unknown.stderr


def test_an_invalid_operation_is_reported() -> None:
    weir("compose", *BOTH, "--output", "s.graphql")
    Path("o.graphql").write_text("{ you }")

    outcome = weir("plan", "s.graphql", "o.graphql")

    assert outcome.exit_code == 1
    assert "o.graphql:1:3: Cannot query field 'you' on type 'Query'" in outcome.stderr


SERVED = """
upstreams: {users: {instances: ["http://127.0.0.1:1"]}}
subgraphs: {users: {upstream: users, sdl: users.graphql}}
facades: {web: {path: /web}}
"""


@pytest.mark.parametrize(
    ("element", "folder", "message"),
    [
        ("User.name", "no-such-folder", "there are no counts of requests in no-such"),
        ("", "state", "give an element of the graph"),
    ],
)
def test_no_element_is_unused_without_counts(
    element: str, folder: str, message: str
) -> None:
    Path("weir.yaml").write_text(SERVED)

    result = weir("can-i-drop", element, "--state-dir", folder)

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
