"""`weir auth`: rights explained and locked, and tokens for trying them out."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.support.certificates import Authority
from weir.bffs.cli.main import app

SECRET = "a secret of thirty-two bytes or more"  # noqa: S105 - of tests
CONFIG = f"""
mode: development
identity:
  jwt:
    demo: {{issuer: demo, audiences: shop, secret: "{SECRET}"}}
  roles: {{manager: {{scopes: ["pay:read"]}}}}
  policies:
    open_round: {{cel: "true"}}
    own: {{cel: "variables.id == identity.subject"}}
upstreams: {{u: {{instances: [http://h]}}}}
subgraphs: {{g: {{upstream: u, sdl: g.graphql}}}}
facades:
  web: {{path: /web, operations: operations}}
"""
SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@authenticated", "@requiresScopes", "@policy"])
type Query { employee(id: ID): Employee }
type Employee {
  name: String
  phone: String @authenticated
  salary: Int @requiresScopes(scopes: [["hr", "pay:read"], ["admin"]])
  bonus: Int @policy(policies: [["open_round"]])
}
"""
STORED = """
query Home { employee { name } }
query Pay($id: ID) @rest(path: "/pay") @access(policies: ["own"]) {
  employee(id: $id) { name phone salary bonus again: salary }
}
"""


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("weir.yaml").write_text(CONFIG)
    Path("g.graphql").write_text(SDL)
    Path("operations").mkdir()
    Path("operations/all.graphql").write_text(STORED)


def weir(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def token(*arguments: str) -> str:
    made = weir("auth", "demo-token", *arguments)
    assert made.exit_code == 0, made.output
    Path("token").write_text(made.stdout)
    return made.stdout.strip()


def test_each_protected_field_has_its_decision_and_its_rule() -> None:
    text = token("--subject", "ann", "--scope", "hr")

    told = weir(
        *("auth", "explain", "--token", "token", "--operation", "Pay"),
        *("--variables", '{"id": "ann"}'),
    )

    assert told.stdout.splitlines() == [
        "caller   jwt, subject: ann, issuer: demo, scopes: hr",
        "allowed  facades.web      access: anonymous",
        "allowed  Pay              access: policies own",
        "allowed  Employee.bonus   @policy open_round",
        "allowed  Employee.phone   @authenticated",
        "denied   Employee.salary  @requiresScopes admin, or hr and pay:read",
    ]
    assert told.exit_code == 1
    assert not any(part in told.output for part in text.split("."))


def test_roles_grant_scopes_as_in_the_gateway() -> None:
    token("--subject", "ann", "--scope", "hr", "--role", "manager")

    told = weir(
        *("auth", "explain", "--token", "token", "--operation", "Pay"),
        *("--variables", '{"id": "ann"}'),
    )

    assert told.exit_code == 0, told.output
    assert "denied" not in told.stdout


def test_an_anonymous_caller_may_run_what_is_open() -> None:
    told = weir("auth", "explain", "--operation", "Home")

    assert told.exit_code == 0
    assert told.stdout.splitlines()[0] == "caller   anonymous"
    assert weir("auth", "explain", "--operation", "Pay").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["--operation", "Hom"],
            2,
            'unknown stored operation "Hom"; did you mean "Home"?',
        ),
        (["--operation", "Home", "--token", "none"], 2, "none: cannot be read"),
        (["--operation", "Home", "--token", "bad"], 1, "TOKEN_MALFORMED"),
        (["--operation", "Home", "--key", "bad"], 2, "without `identity.api_keys`"),
        (["--operation", "Home", "--certificate", "bad"], 2, "without `identity.cl"),
        (["--operation", "Pay", "--variables", "[]"], 2, "expected a JSON object"),
        (["--operation", "Home", "--facade", "tv"], 2, 'unknown façade "tv"'),
    ],
)
def test_wrong_arguments_are_errors(
    arguments: list[str], code: int, message: str
) -> None:
    Path("bad").write_text("s3cr3t")

    told = weir("auth", "explain", *arguments)

    assert told.exit_code == code, told.output
    assert message in told.output
    assert "s3cr3t" not in told.output


MORE = [
    ("phone: String @authenticated", "phone: String", ""),
    ("name: String", "name: String @authenticated", 'Home begins to need {"authent'),
    ('[["hr", "pay:read"], ["admin"]]', '[["admin"]]', 'scopes":[["admin"]]'),
    ('[["hr", "pay:read"], ["admin"]]', '[["hr"], ["admin"]]', ""),
    ('[["hr", "pay:read"], ["admin"]]', '[["root"], ["admin"]]', "Pay begins"),
    ('policies: [["open_round"]]', 'policies: [["own"]]', ""),
    ('policies: [["open_round"]]', 'policies: [["open_round", "own"]]', ""),
]  # fmt: skip


@pytest.mark.parametrize(("part", "changed", "message"), MORE)
def test_the_check_fails_when_an_operation_needs_more_than_its_lock(
    part: str, changed: str, message: str
) -> None:
    assert weir("auth", "lock").exit_code == 0
    assert weir("check", "--config", "weir.yaml").exit_code == 0
    assert part in SDL
    Path("g.graphql").write_text(SDL.replace(part, changed))

    checked = weir("check", "--config", "weir.yaml")

    assert checked.exit_code == int(bool(message)), checked.output
    assert message in checked.output


@pytest.mark.parametrize(
    ("part", "changed", "fails"),
    [
        ('(policies: ["own"])', '(policies: ["own"], roles: ["manager"])', True),
        (' @access(policies: ["own"])', "", False),
        ("query Home", "query Start", False),
    ],
)
def test_rules_of_operations_are_locked_as_well(
    part: str, changed: str, *, fails: bool
) -> None:
    weir("auth", "lock")
    assert part in STORED
    Path("operations/all.graphql").write_text(STORED.replace(part, changed))

    checked = weir("check", "--config", "weir.yaml", "--format", "json")

    assert checked.exit_code == int(fails), checked.output


def test_a_file_that_is_not_a_lock_is_an_error() -> None:
    Path("weir.auth.lock").write_text('{"facades": []}')

    checked = weir("check", "--config", "weir.yaml")

    assert checked.exit_code == 2
    assert "weir.auth.lock: is not a lock; write it again" in checked.output


@pytest.mark.parametrize(
    ("part", "changed", "message"),
    [
        ("mode: development", "mode: production", "in `mode: development` only"),
        (
            f'secret: "{SECRET}"',
            "jwks_url: 'https://h/k'",
            "no issuer in `identity.jwt` has",
        ),
    ],
)
def test_tokens_are_made_in_development_only(
    part: str, changed: str, message: str
) -> None:
    Path("weir.yaml").write_text(CONFIG.replace(part, changed))

    made = weir("auth", "demo-token")

    assert made.exit_code == 2
    assert message in made.output
    assert SECRET not in made.output


SHARING = [
    ("", "shared", "response: private: rights for Employee.phone, Employee.salary"),
    (
        "headers: {forward: [authorization]}",
        "private: upstreams.u.headers.forward has authorization",
        "",
    ),
    (
        "headers: {forward: [accept-language]}",
        "shared by callers with equal accept",
        "",
    ),
    (
        "headers: {identity: {x-user: subject}}",
        "private: upstreams.u.headers.identity has x-user",
        "",
    ),
]


@pytest.mark.parametrize(("upstream", "fetch", "response"), SHARING)
def test_each_fetch_is_shared_or_private_by_a_rule(
    upstream: str, fetch: str, response: str
) -> None:
    config = CONFIG.replace("[http://h]", f"[http://h], {upstream}".removesuffix(", "))
    Path("weir.yaml").write_text(config)
    Path("o.graphql").write_text("{ employee { name phone salary } }")

    planned = weir("plan", "o.graphql", "--identity")

    assert planned.exit_code == 0, planned.output
    sharing = planned.stdout.partition("\nsharing\n")[2]
    assert f"g  {fetch}" in sharing
    assert response in sharing
    assert "sharing" not in weir("plan", "o.graphql").stdout


def test_an_access_rule_makes_the_response_private() -> None:
    Path("weir.yaml").write_text(
        CONFIG.replace("path: /web", "path: /web, access: authenticated")
    )

    planned = weir("plan", "Home", "--identity")

    assert "response: private: facades.web.access" in planned.stdout


def test_json_has_no_room_for_rules_of_sharing() -> None:
    assert weir("plan", "Home", "--identity", "--format", "json").exit_code == 2


def test_a_client_certificate_is_explained_as_a_connection_with_it(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path)
    pem = authority.issue("robot", "DNS:robot.test", "/OU=manager/CN=robot")
    tls = "{certificate: robot.pem, key: robot.key, client_ca: authority.pem,"
    tls += " client_certificates: request}"
    Path("weir.yaml").write_text(
        f"server: {{trusted_proxies: [127.0.0.1], tls: {tls}}}"
        + CONFIG.replace(
            "identity:\n",
            "identity:\n  client_certificates: {roles: [organizational_unit]}\n",
        )
    )

    told = weir(
        *("auth", "explain", "--certificate", str(pem.cert), "--operation", "Pay"),
        *("--variables", '{"id": "OU=manager,CN=robot"}'),
    )

    caller, *decisions = told.stdout.splitlines()
    assert caller.startswith("caller   client_certificate, subject: ")
    assert caller.endswith("issuer: CN=authority, scopes: pay:read, roles: manager")
    assert "allowed  Employee.phone   @authenticated" in decisions
    Path("bad").write_text("no certificate")
    bad = weir("auth", "explain", "--certificate", "bad", "--operation", "Home")
    assert (bad.exit_code, "CLIENT_CERTIFICATE_MALFORMED" in bad.output) == (1, True)
