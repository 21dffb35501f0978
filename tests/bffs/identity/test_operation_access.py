"""Access rules of stored operations: the same for REST, documents and ids."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.identified_gateway import (
    IdentifiedGateway,
    Reply,
    bearer,
    identified_gateway,
)
from tests.support.tokens import claims, rsa_key, token
from weir.bffs.config.errors import ConfigError

IDENTITY = """\
identity:
  jwt:
    own: {issuer: "https://issuer.test", audiences: weir, keys: keys.json}
  policies:
    own_book: {cel: 'variables.id == identity.subject'}
"""
CONFIG = """\
upstreams:
  books: {instances: [http://127.0.0.1:1], health: {active: false}}
subgraphs:
  books: {upstream: books, sdl: library.graphql}
facades:
  web: {path: /web, operations: stored}
"""
SDL = "type Query { book(id: ID!): String open: String }"
OPERATIONS = """\
query Book($id: ID!)
@rest(path: "/books/{id}")
@access(scopes: [["read", "books"], ["admin"]], policies: "own_book") {
  book(id: $id)
}
query Mine @rest(path: "/mine") @access(authenticated: true) { __typename }
query Edit @rest(path: "/edit") @access(roles: ["editor"]) { __typename }
query Open @rest(path: "/open") { __typename }
"""
BOOK = "query Book($id: ID!) {\n  book(id: $id)\n}"
ANN = bearer(token(rsa_key(), "RS256", claims(sub="ann", scope="read books")))
ADMIN = bearer(token(rsa_key(), "RS256", claims(sub="7", scope="admin")))
READER = bearer(token(rsa_key(), "RS256", claims(sub="ann", scope="read")))
EDITOR = bearer(token(rsa_key(), "RS256", claims(roles=["editor"])))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "library.graphql").write_text(SDL)
    (tmp_path / "stored").mkdir()
    (tmp_path / "stored" / "all.graphql").write_text(OPERATIONS)
    return tmp_path


# The service does not exist, so that an admitted call of it is a failed one.
ADMITTED = 502
BOOKS = [
    ("ann", {}, 401),
    ("ann", READER, 403),
    ("ann", ANN, ADMITTED),
    ("bob", ANN, 403),
    ("7", ADMIN, ADMITTED),
    ("8", ADMIN, 403),
    ("7", EDITOR, 403),
]
OTHERS = [
    ("Mine", {}, 401),
    ("Mine", READER, 200),
    ("Edit", READER, 403),
    ("Edit", EDITOR, 200),
    ("Open", {}, 200),
]


async def test_a_rest_endpoint_has_the_rule_of_its_operation(folder: Path) -> None:
    async with identified_gateway(folder, IDENTITY + CONFIG) as gateway:
        for id_, headers, status in BOOKS:
            reply = await gateway.send(
                "web", headers, method="GET", path=f"/books/{id_}"
            )
            assert reply.status == status, (id_, headers)
        for name, headers, status in OTHERS:
            path = f"/{name.lower()}"
            reply = await gateway.send("web", headers, method="GET", path=path)
            assert reply.status == status, (name, headers)


async def graphql(
    gateway: IdentifiedGateway, headers: dict[bytes, bytes], **content: Any
) -> Reply:
    return await gateway.send("web", headers, body=orjson.dumps(content))


@pytest.mark.parametrize("document", [{"query": BOOK}, {"documentId": "Book"}])
async def test_graphql_has_the_rule_of_a_stored_operation(
    folder: Path, document: dict[str, str]
) -> None:
    async with identified_gateway(folder, IDENTITY + CONFIG) as gateway:
        for id_, headers, status in BOOKS:
            variables = {"id": id_}
            reply = await graphql(gateway, headers, **document, variables=variables)
            # The failed call leaves a null in a response with the status 200.
            expected = 200 if status == ADMITTED else status
            assert reply.status == expected, (id_, headers)


async def test_a_rejection_names_the_scopes_that_are_sufficient(folder: Path) -> None:
    async with identified_gateway(folder, IDENTITY + CONFIG) as gateway:
        rest = await gateway.send("web", READER, method="GET", path="/books/ann")
        posted = await graphql(gateway, READER, query=BOOK, variables={"id": "ann"})
        anonymous = await gateway.send("web", method="GET", path="/mine")

    for reply in (rest, posted):
        assert (reply.status, reply.code) == (403, "FORBIDDEN")
        assert 'error="insufficient_scope", scope="admin"' in reply.challenge
    assert (anonymous.code, anonymous.challenge) == ("UNAUTHENTICATED", "Bearer")


async def test_wrong_variables_are_the_error_of_callers_with_the_scopes(
    folder: Path,
) -> None:
    async with identified_gateway(folder, IDENTITY + CONFIG) as gateway:
        admitted = await graphql(gateway, ANN, query=BOOK, variables={"id": []})
        stranger = await graphql(gateway, {}, query=BOOK, variables={"id": []})

    assert admitted.code == "BAD_USER_INPUT"
    assert stranger.code == "UNAUTHENTICATED"


async def test_decisions_of_operations_are_counted(folder: Path) -> None:
    async with identified_gateway(folder, IDENTITY + CONFIG) as gateway:
        await gateway.send("web", method="GET", path="/mine")
        metrics = (await gateway.served.control.get("/metrics")).text

    counted = 'gateway_auth_total{method="anonymous",outcome="UNAUTHENTICATED"} 1.0'
    assert counted in metrics


async def test_a_reload_that_changes_only_a_rule_takes_effect(folder: Path) -> None:
    async with identified_gateway(folder, IDENTITY + CONFIG) as gateway:
        before = await gateway.send("web", EDITOR, method="GET", path="/edit")
        changed = OPERATIONS.replace('"editor"', '"chief"')
        (folder / "stored" / "all.graphql").write_text(changed)
        await gateway.served.control.post("/config/reload")
        after = await gateway.send("web", EDITOR, method="GET", path="/edit")

    assert (before.status, after.status) == (200, 403)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            CONFIG,
            r"all\.graphql:6:\d+: @access: needs credentials; configure `identity`",
        ),
        (
            IDENTITY.replace("own_book", "other") + CONFIG,
            r'all\.graphql:3:1: @access: unknown policy "own_book"; there are: other',
        ),
    ],
)
async def test_a_rule_that_no_caller_can_satisfy_is_refused_with_its_line(
    folder: Path, config: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        async with identified_gateway(folder, config):
            pass
