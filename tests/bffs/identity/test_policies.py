"""Named policies from weir.yaml to the response: façades, `@policy`, wrong names."""

from http import HTTPStatus
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.identified_gateway import bearer, identified_gateway
from tests.support.tokens import claims, rsa_key, token
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.extensions.named_policies import named_policies

CONFIG = """\
identity:
  jwt:
    own: {issuer: "https://issuer.test", audiences: weir, keys: keys.json}
  policies:
    is_hr: {cel: 'identity.claims.dept == "hr"'}
    eu: {cel: 'request.headers["x-region"] == "eu"', headers: [X-Region]}
    own_book: {cel: 'variables.id == identity.subject'}
    python_rights: {python: "weir_test_rights:late_or_right", timeout: 2s}
upstreams:
  books: {instances: [http://127.0.0.1:1], health: {active: false}}
subgraphs:
  books: {upstream: books, sdl: restricted.graphql}
facades:
  open: {path: /open, operations: stored}
  hr: {path: /hr, access: {policies: is_hr}}
  eu: {path: /eu, access: {policies: [eu]}}
  both: {path: /both, access: {policies: [is_hr, eu]}}
  python: {path: /python, access: {authenticated: true, policies: [python_rights]}}
"""
SDL = """\
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@policy"])
type Query {
  book(id: ID!): String @policy(policies: [["own_book"], ["is_hr", "python_rights"]])
}
"""
RIGHTS = """\
async def late_or_right(identity, request):
    return identity.subject == "ann" and request.path.endswith("/graphql")


def one(identity):
    return identity.authenticated
"""
HR = bearer(token(rsa_key(), "RS256", claims(dept="hr")))
ANN = bearer(token(rsa_key(), "RS256", claims(sub="ann")))
BOB = bearer(token(rsa_key(), "RS256", claims(sub="bob")))
EU = {b"x-region": b"eu"}
STORED = """\
query Book($id: ID!) @rest(method: GET, path: "/books/{id}") { book(id: $id) }
query Seven($id: ID! = "7") { book(id: $id) }
"""
SEVEN = 'query Seven($id: ID! = "7") {\n  book(id: $id)\n}'


def asks(query: str, **variables: Any) -> bytes:
    return orjson.dumps({"query": query, "variables": variables})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "restricted.graphql").write_text(SDL)
    (tmp_path / "stored").mkdir()
    (tmp_path / "stored" / "book.graphql").write_text(STORED)
    (tmp_path / "weir_test_rights.py").write_text(RIGHTS)
    return tmp_path


CASES = [
    ("open", {}, 200, ""),
    ("hr", {}, 401, "UNAUTHENTICATED"),
    ("hr", ANN, 403, "FORBIDDEN"),
    ("hr", HR, 200, ""),
    ("eu", {}, 401, "UNAUTHENTICATED"),
    ("eu", EU, 200, ""),
    ("both", HR, 403, "FORBIDDEN"),
    ("both", HR | EU, 200, ""),
    ("both", bearer("a.b.c"), 401, "TOKEN_MALFORMED"),
    ("python", {}, 401, "UNAUTHENTICATED"),
    ("python", BOB, 403, "FORBIDDEN"),
    ("python", ANN, 200, ""),
]


async def test_a_facade_admits_those_whom_all_its_policies_allow(folder: Path) -> None:
    async with identified_gateway(folder, CONFIG) as gateway:
        for facade, headers, status, code in CASES:
            reply = await gateway.send(facade, headers)

            assert (reply.status, reply.code) == (status, code), (facade, headers)


# The service does not exist, so that a permitted selection is a failed call.
PERMITTED = "UPSTREAM_CONNECT_FAILED"
FIELDS: list[tuple[dict[bytes, bytes], dict[str, Any], str]] = [
    ({}, {}, "UNAUTHENTICATED"),
    (BOB, {}, "FORBIDDEN"),
    (BOB, {"id": "bob"}, PERMITTED),
    (BOB, {"id": "ann"}, "FORBIDDEN"),
    (BOB, {"id": ["bob"]}, "BAD_USER_INPUT"),
    (HR, {}, "FORBIDDEN"),
    (ANN, {}, "FORBIDDEN"),
    (bearer(token(rsa_key(), "RS256", claims(sub="ann", dept="hr"))), {}, PERMITTED),
    (bearer(token(rsa_key(), "RS256", claims(sub="7"))), {}, PERMITTED),
]


async def test_policies_decide_fields_by_the_coerced_variables(folder: Path) -> None:
    async with identified_gateway(folder, CONFIG) as gateway:
        for headers, variables, code in FIELDS:
            reply = await gateway.send("open", headers, body=asks(SEVEN, **variables))

            assert reply.code == code, (headers, variables)


async def test_policies_decide_rest_by_the_parameters(folder: Path) -> None:
    async with identified_gateway(folder, CONFIG) as gateway:
        replies = [
            await gateway.send("open", BOB, method="GET", path=f"/books/{each}")
            for each in ("bob", "ann")
        ]

    assert [each.code for each in replies] == ["INCOMPLETE_DATA", "FORBIDDEN"]


async def test_variables_of_operations_that_clients_write_prove_nothing(
    folder: Path,
) -> None:
    """A client could use its own id in one place, and that of another in the next."""
    spoofed = 'query Seven($id: ID!) { mine: book(id: $id) book(id: "ann") }'
    async with identified_gateway(folder, CONFIG) as gateway:
        reply = await gateway.send("open", BOB, body=asks(spoofed, id="bob"))

    assert reply.code == "FORBIDDEN"


async def test_a_reload_that_changes_only_a_policy_takes_effect(folder: Path) -> None:
    """Both for the façade, and for operations that the previous generation prepared."""
    his_book = asks(SEVEN, id="bob")
    async with identified_gateway(folder, CONFIG) as gateway:
        before = [
            await gateway.send("hr", HR),
            await gateway.send("open", BOB, body=his_book),
        ]
        changed = CONFIG.replace('dept == "hr"', 'dept == "it"').replace(
            "variables.id == identity.subject", "variables.id != identity.subject"
        )
        gateway.served.file.write_text(changed)
        reload = await gateway.served.control.post("/config/reload")
        after = [
            await gateway.send("hr", HR),
            await gateway.send("open", BOB, body=his_book),
        ]

    assert reload.status_code == HTTPStatus.OK
    assert [each.code for each in before] == ["", PERMITTED]
    assert [each.code for each in after] == ["FORBIDDEN", "FORBIDDEN"]


REFUSED = [
    ("policies: is_hr", "policies: is_rh", '"is_rh"; did you mean "is_hr"'),
    ("policies: [eu]", "policies: [own_book]", "reads the operation"),
    ('identity.claims.dept == "hr"', "identity.claims.dept ==", "Syntax error"),
    ('identity.claims.dept == "hr"', "user.dept", "unknown variable `user`"),
    ("weir_test_rights:late_or_right", "weir_test_rights:none", "has no none"),
    ("weir_test_rights:late_or_right", "weir_test_rights:one", "must be a function"),
    ("weir_test_rights:late_or_right", "weir_none:none", "cannot import weir_none"),
    (", timeout: 2s", ", cel: 'true'", "expected either `cel` or `python`"),
    (", headers: [X-Region]", ", timeout: 1s", "only used with `python`"),
    ("{cel: 'variables.id == identity.subject'}", "{}", "expected either `cel`"),
]


@pytest.mark.parametrize(("part", "changed", "message"), REFUSED)
def test_a_wrong_policy_is_refused_with_its_line(
    folder: Path, part: str, changed: str, message: str
) -> None:
    assert part in CONFIG
    file = folder / "weir.yaml"
    file.write_text(CONFIG.replace(part, changed))

    with pytest.raises(ConfigError, match=r"weir\.yaml:[0-9]+") as raised:
        named_policies(load_config(file, {}))

    assert message in str(raised.value)


async def test_a_graph_whose_policies_are_not_configured_does_not_start(
    folder: Path,
) -> None:
    config = CONFIG.replace("own_book:", "other:")

    with pytest.raises(ConfigError, match=r'needs a policy "own_book".*Query\.book'):
        async with identified_gateway(folder, config):
            pass
