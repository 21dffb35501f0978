"""The pages of a façade: their content, their headers, and where they are not."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import orjson
import pytest

from tests.support.facade_client import binding, routes_of
from tests.support.memory_exchange import request_head, whole_body
from tests.support.titles_facade import SDL, ask, facade, graphql, with_operation
from weir.bffs.facades.credentials import Credentials
from weir.bffs.facades.facade import Facade
from weir.bffs.facades.openapi.api import rest_apis
from weir.bffs.facades.openapi.document import openapi_document
from weir.bffs.facades.openapi.releases import Release
from weir.gateway.edge.route_steps.csrf import require_preflight
from weir.gateway.headers import header
from weir.gateway.json_types import JSONObject

PAGES = ("/graphiql", "/schema", "/schema/Title", "/docs", "/console")
HOSTILE = (
    "</script></td>\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"
)
POLICY = (
    b"default-src 'none'; script-src 'self'; connect-src 'self';"
    b" worker-src 'self' blob:; img-src 'self' data:; font-src 'self';"
    b" style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none';"
    b" form-action 'self'"
)


def with_pages(**changes: object) -> Facade:
    served = facade(introspection=bool(changes.pop("introspection", True)))
    return replace(served, **{"has_pages": True, "has_openapi": True, **changes})  # type: ignore[arg-type]


class Elements(HTMLParser):
    """The names of the elements of a page, and its URLs and event attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.urls: list[str] = []
        self.events: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "action"}:
                self.urls.append(value or "")
            if name.startswith("on"):
                self.events.append(name)


async def text_of(served: Facade, target: str) -> str:
    response = await ask(served, "GET", f"/web{target}")
    assert response.status == 200, whole_body(response)
    return whole_body(response).decode()


@pytest.mark.parametrize("page", PAGES)
async def test_each_page_has_headers_that_allow_nothing_of_other_hosts(
    page: str,
) -> None:
    response = await ask(with_pages(), "GET", f"/web{page}")

    fields = dict(response.headers)
    assert response.status == 200
    assert fields[b"content-type"] == b"text/html; charset=utf-8"
    assert fields[b"content-security-policy"] == POLICY
    assert fields[b"permissions-policy"].startswith(b"camera=(), geolocation=()")
    assert fields[b"x-content-type-options"] == b"nosniff"
    assert fields[b"cache-control"] == b"private, no-cache"
    assert fields[b"etag"]


@pytest.mark.parametrize("page", PAGES)
async def test_pages_refer_to_the_facade_by_relative_urls_and_have_no_inline_script(
    page: str,
) -> None:
    text = await text_of(with_pages(), page)

    elements = Elements(text)
    assert not [each for each in elements.urls if re.match(r"/|https?:", each)]
    assert elements.events == []
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)


async def test_a_browser_at_the_graphql_endpoint_is_led_to_graphiql() -> None:
    html = {b"accept": b"text/html,application/xhtml+xml,*/*;q=0.8"}

    response = await ask(with_pages(), "GET", "/web/graphql", headers=html)
    without = await ask(facade(), "GET", "/web/graphql", headers=html)
    program = await graphql("{ titles { id } }", with_pages())

    assert response.status == 303
    assert header(response.headers, b"location") == b"graphiql"
    assert header(response.headers, b"vary") == b"Accept"
    assert without.status == program.status == 200


@pytest.mark.parametrize(
    ("changes", "served"),
    [
        ({"has_pages": False}, ()),
        ({"introspection": False}, ("/docs", "/console")),
        ({"has_openapi": False}, ("/graphiql", "/schema", "/schema/Title")),
    ],
)
async def test_pages_are_where_their_content_may_be_seen(
    changes: dict[str, object], served: tuple[str, ...]
) -> None:
    for page in PAGES:
        response = await ask(with_pages(**changes), "GET", f"/web{page}")
        assert response.status == (200 if page in served else 404), page


async def test_the_sdl_is_served_where_introspection_is_allowed() -> None:
    allowed = await ask(facade(), "GET", "/web/schema.graphql")
    rejected = await ask(facade(introspection=False), "GET", "/web/schema.graphql")

    assert "type Title {\n  id: ID!\n  name: String\n}" in whole_body(allowed).decode()
    assert (
        header(allowed.headers, b"content-type")
        == b"application/graphql; charset=utf-8"
    )
    assert header(allowed.headers, b"etag")
    assert rejected.status == 404


async def test_the_page_of_a_type_has_its_members() -> None:
    sdl = SDL.replace(
        "id: ID! name: String",
        'id: ID! name(in: Kind = MOVIE): String @deprecated(reason: "Use title")',
    )
    served = replace(facade(sdl=sdl), has_pages=True, development=True)

    page = await text_of(served, "/schema/Title")

    assert '<a href="../schema/String">String</a>' in page
    assert "= MOVIE" in page
    assert "Deprecated: Use title" in page
    assert "<td>titles</td>" in page


async def test_names_of_services_are_shown_in_development_only() -> None:
    page = await text_of(with_pages(development=False), "/schema/Title")

    assert "titles</td>" not in page
    assert "Services" not in page


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("TITLE", ["Query.title", "Query.titles", "Title"]),
        ("series", ["Kind.SERIES"]),
        ("nothing", []),
        ("%3Cscript%3E", []),
    ],
)
async def test_types_and_fields_are_found_by_a_part_of_their_names(
    search: str, expected: list[str]
) -> None:
    page = await text_of(with_pages(), f"/schema?search={search}")

    assert re.findall(r"<li><a [^>]*><code>([\w.]+)", page) == expected
    assert Elements(page).names.count("script") == 0


@pytest.mark.parametrize("name", ["Nope", "__Type", "_Entity", "%FF", "a%2Fb"])
async def test_there_is_no_page_of_other_types(name: str) -> None:
    response = await ask(with_pages(), "GET", f"/web/schema/{name}")

    assert response.status == 404


async def test_hostile_texts_of_a_schema_stay_texts() -> None:
    sdl = SDL.replace("type Title ", f'"""{HOSTILE}"""\ntype Title ')
    sdl = sdl.replace(" name: String }", f' """{HOSTILE}""" name: String }}')
    hostile = replace(binding("GET", "/a"), summary=HOSTILE, tags=(HOSTILE,))
    text = f"query A {{ titles {{ name }} # {HOSTILE}\n}}"
    served = with_operation(facade(sdl=sdl), text, hostile)
    served = replace(served, has_pages=True, has_openapi=True, development=True)
    plain = with_pages(development=True)

    for page in PAGES:
        shown = await text_of(served, page)
        assert Elements(shown).names.count("script") == Elements(
            await text_of(plain, page)
        ).names.count("script")
        assert "<img" not in shown
        assert "<script>" not in shown


async def test_the_documentation_has_parameters_and_examples() -> None:
    served = with_pages(
        credentials=Credentials(has_tokens=True, api_key_header="x-api-key"),
        authenticated=True,
        has_plan=True,
    )

    page = (await text_of(served, "/docs")).replace("&#39;", "'").replace("&#34;", '"')

    assert "<code>GET /v1/titles/{id}</code>" in page
    assert "<code>id</code> (required)" in page
    assert "Needs a credential." in page
    assert "curl https://api.example/web/v1/titles/string \\\n" in page
    assert '-H "x-api-key: $API_KEY"' in page
    assert '-d \'{"name": "string"}\'' in page
    assert "json={'name': 'string'}" in page
    assert 'JSON.stringify({"name": "string"})' in page
    assert "<code>GET usage</code>" in page


async def test_graphiql_has_the_stored_operations_or_how_to_build_it() -> None:
    page = await text_of(with_pages(), "/graphiql")

    found = re.search(r'data-operations="([^"]*)"', page)
    if found is None:
        assert "make pages" in page
        return
    operations = orjson.loads(found[1].replace("&#34;", '"'))
    assert [each["label"] for each in operations] == ["T", "R", "D"]
    assert operations[0]["text"] == "query T($id: ID!) { title(id: $id) { name } }"
    assert operations[0]["variables"] == '{\n  "id": null\n}'


async def test_the_documentation_lists_the_changes_of_releases() -> None:
    served = with_pages()
    (api,) = rest_apis(served).values()
    now = openapi_document(api)
    gone: JSONObject = {"/old/{id}": {"get": {"responses": {}}}, HOSTILE: {"get": {}}}
    paths: JSONObject = {**now["paths"], **gone}
    first = Release(date(2026, 1, 15), {**now, "paths": paths})
    second = Release(date(2026, 3, 1), {**now, "paths": {**now["paths"], "/x": {}}})
    third = Release(date(2026, 5, 2), {**now, "paths": {}})

    text = await text_of(
        replace(served, releases={"": (first, second, third)}), "/docs"
    )
    without = await text_of(served, "/docs")

    _, _, changes = text.partition('id="changes"')
    titles = ["Since then", "2026-05-02", "2026-03-01", "2026-01-15"]
    assert re.findall("<h3>(.*)</h3>", changes) == titles
    since, of_may, of_march, _ = re.split("<h3>", changes)[1:]
    assert "GET /v1/titles/{id} was added." in since
    assert "GET /v1/titles/{id} was removed." in of_may
    assert "GET /old/{id} was removed." in of_march
    assert "The first release." in changes
    assert "<script>alert" not in text
    assert 'id="changes"' not in without


async def test_graphiql_explains_queries_in_development_mode() -> None:
    served = with_pages(development=True)
    query = {"query": "query Q { titles { id name } }"}

    async def sent(body: object, target: str = "/graphiql/query") -> JSONObject:
        response = await ask(served, "POST", f"/web{target}", json=body)
        found: JSONObject = orjson.loads(whole_body(response))
        return found

    plain, found = await sent(query, "/graphql"), await sent(query)
    stored = await sent({"documentId": "T", "variables": {"id": "t1"}})
    invalid = await sent({"query": "{ nothing }"})

    explained = found["extensions"]["explained"]
    assert found["data"] == plain["data"]
    assert explained["plan"].startswith("query: 1 fetch in 1 stage")
    (fetch,) = explained["fetches"]
    assert (fetch["subgraph"], fetch["entities"], fetch["errors"]) == ("titles", 0, 0)
    assert 0 <= fetch["started_ms"] <= explained["took_ms"]
    assert explained["bytes"] == len(orjson.dumps(plain))
    assert "title" in stored["extensions"]["explained"]["plan"]
    assert "explained" not in invalid.get("extensions", {})
    assert invalid["errors"]


@pytest.mark.parametrize(
    "changes",
    [
        {"development": False},
        {"development": True, "introspection": False},
        {"development": True, "has_pages": False},
    ],
)
async def test_queries_are_explained_only_in_development_mode_beside_graphiql(
    changes: Mapping[str, bool],
) -> None:
    served = with_pages(**changes)
    query = {"query": "{ titles { id } }"}

    response = await ask(served, "POST", "/web/graphiql/query", json=query)

    assert response.status == 404


def test_explained_queries_have_the_policy_and_the_steps_of_others() -> None:
    routes = routes_of(with_pages(development=True))
    plain, explained = (
        routes.route(request_head(f"/web{target}", method="POST")).route
        for target in ("/graphql", "/graphiql/query")
    )

    assert require_preflight in explained.steps.guards
    assert (explained.policy, explained.steps) == (plain.policy, plain.steps)
