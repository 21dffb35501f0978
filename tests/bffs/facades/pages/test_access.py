"""Pages of a whole gateway: which callers get them, and what they never have."""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import jwt
import pytest

from weir.bffs.config.errors import ConfigError
from weir.testing import TestedGateway, gateway, mock_service

SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 - of tests
SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@tag"])
type Query { film(id: ID!): Film  secretFilms: [Film!]! @tag(name: "internal") }
type Film {
  id: ID!
  name: String!
  secretBudget(in: SecretUnit): Int @tag(name: "internal")
}
enum SecretUnit @tag(name: "internal") { SECRET_CENT }
"""
OPERATION = 'query Film($id: ID!) @rest(path: "/films/{id}") { film(id: $id) { name } }'
CONFIG = """
mode: MODE
server: {port: 4000, control: "127.0.0.1:4001"}
identity:
  jwt: {own: {issuer: us, audiences: [films], secret: SECRET_TEXT}}
upstreams: {films: {instances: [http://127.0.0.1:1]}}
subgraphs: {films: {upstream: films, sdl: films.graphql}}
facades:
  open: {path: /open, operations: operations, contract: {exclude: [internal]}}
  known: {path: /known, operations: operations, access: authenticated}
  inside: {path: /inside, operations: operations, addresses: {allow: [10.0.0.0/8]}}
  pages: {path: /pages, pages: true, introspection: true}
"""
FROM_THE_BUNDLE = ("graphiql", "console")
"""Without the bundle, these pages only say how to build it."""
PAGES = (*FROM_THE_BUNDLE, "schema", "schema/Film", "docs")


@asynccontextmanager
async def served(
    folder: Path, mode: str = "development", config: str = CONFIG
) -> AsyncIterator[TestedGateway]:
    (folder / "films.graphql").write_text(SDL)
    (folder / "operations").mkdir()
    (folder / "operations" / "film.graphql").write_text(OPERATION)
    text = config.replace("MODE", mode).replace("SECRET_TEXT", SECRET)
    (folder / "weir.yaml").write_text(text)
    async with gateway(folder / "weir.yaml", {"films": mock_service(SDL)}) as tested:
        yield tested


def token() -> str:
    claims = {"iss": "us", "aud": "films", "sub": "a", "exp": int(time.time()) + 600}  # noqa: TID251 - the verifier reads the real clock
    return jwt.encode(claims, SECRET, "HS256")


def asset_of(page: httpx.Response, name: str) -> str:
    found = re.search(rf'"((?:\.\./)*pages/\w+/{name})"', page.text)
    assert found is not None
    return str(page.url.join(found[1]))


async def test_pages_are_served_in_development_mode_and_where_they_are_switched_on(
    tmp_path: Path,
) -> None:
    async with served(tmp_path, "production") as tested:
        statuses = {
            path: (await tested.client.get(path)).status_code
            for path in ("/open/graphiql", "/open/docs", "/open/schema.graphql")
        }
        switched_on = await tested.client.get("/pages/graphiql")

    assert set(statuses.values()) == {404}
    assert switched_on.status_code == 200


async def test_hidden_elements_are_on_no_page(tmp_path: Path) -> None:
    async with served(tmp_path) as tested:
        shown = {
            path: await tested.client.get(f"/open/{path}")
            for path in (*PAGES, "schema.graphql", "schema?search=e", "openapi.json")
        }
        hidden = await tested.client.get("/open/schema/SecretUnit")
        elsewhere = await tested.client.get("/inside/schema?search=secret")

    for path, response in shown.items():
        assert response.status_code == 200, path
        assert "secret" not in response.text.lower(), path
        assert "Film" in response.text or path in FROM_THE_BUNDLE
    assert hidden.status_code == 404
    assert elsewhere.status_code == 403


async def test_a_page_of_known_callers_has_a_form_for_a_credential(
    tmp_path: Path,
) -> None:
    known = {"authorization": f"Bearer {token()}"}
    wrong = {"authorization": "Bearer a.b.c"}
    async with served(tmp_path) as tested:
        client = tested.client
        for page in PAGES:
            form = await client.get(f"/known/{page}")
            shown = await client.get(f"/known/{page}", headers=known)
            rejected = await client.get(f"/known/{page}", headers=wrong)

            assert form.status_code == rejected.status_code == 401
            assert form.headers["www-authenticate"] == "Bearer"
            assert form.headers["cache-control"] == "no-store"
            assert "content-security-policy" in form.headers
            assert '<option value="Authorization">' in form.text
            assert "Film" not in form.text
            assert shown.status_code == 200
            assert "sign-in" not in shown.text
            for name in ("sign_in.js", "pages.css"):
                assert (await client.get(asset_of(form, name))).status_code == 200


async def test_addresses_are_checked_for_pages_and_their_files(tmp_path: Path) -> None:
    async with served(tmp_path) as tested:
        form = await tested.client.get("/known/docs")
        asset = asset_of(form, "pages.css").replace("/known/", "/inside/")
        responses = [await tested.client.get(path) for path in ("/inside/docs", asset)]

    assert [each.status_code for each in responses] == [403, 403]


async def test_a_browser_validates_a_page_before_each_use(tmp_path: Path) -> None:
    async with served(tmp_path) as tested:
        first = await tested.client.get("/open/docs")
        again = await tested.client.get(
            "/open/docs", headers={"if-none-match": first.headers["etag"]}
        )
        head = await tested.client.head("/open/docs")
        other = await tested.client.post("/open/docs", json={})

    assert (again.status_code, again.content) == (304, b"")
    assert head.status_code == 200
    assert other.status_code == 405


async def test_pages_with_nothing_to_show_are_an_error(tmp_path: Path) -> None:
    config = CONFIG.replace("introspection: true", "introspection: false")

    with pytest.raises(ConfigError, match=r"facades\.pages\.pages: there is nothing"):
        async with served(tmp_path, config=config):
            pass


async def test_an_endpoint_at_the_path_of_a_page_is_an_error(tmp_path: Path) -> None:
    config = CONFIG.replace("operations: operations", "operations: others")
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "a.graphql").write_text(
        OPERATION.replace("/films/{id}", "/docs")
    )

    with pytest.raises(ConfigError, match=r'"/open/docs" is a page of façade "open"'):
        async with served(tmp_path, config=config):
            pass
