"""The pages of a façade in a real Chromium: nothing outside, and no violation.

Requests of documents and workers to other hosts are counted, and so are violations of
the content security policy and exceptions. With WEIR_SCREENSHOTS=1, the screenshots of
docs/guides/pages.md are written again.
"""

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import jwt
import pytest

from tests.support.browser import Page, running_browser
from tests.support.demo import ROOT
from tests.support.gateway import Gateway, running_gateway
from weir.bffs.facades.pages.assets import assets

IMAGES = ROOT / "docs" / "guides" / "images"
SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 - of tests
FILMS = """
import strawberry

HOSTILE = "</script><script>alert(1)</script><img src=//a.test/a onerror=alert(1)>"

@strawberry.type(description="A film. " + HOSTILE)
class Film:
    id: strawberry.ID
    name: str = strawberry.field(description="The original title. " + HOSTILE)
    year: int = strawberry.field(deprecation_reason="Use another. " + HOSTILE)

def film(id: str) -> Film:
    return Film(id=strawberry.ID(id), name=f"Film {id}", year=1931)

@strawberry.type
class Query:
    @strawberry.field(description="One film. " + HOSTILE)
    def film(self, id: strawberry.ID) -> Film | None:
        return film(id)

    @strawberry.field
    def films(self, first: int = 3) -> list[Film]:
        return [film(str(number)) for number in range(1, first + 1)]

schema = strawberry.federation.Schema(Query)
"""
OPERATIONS = """
query Films($first: Int = 2)
@rest(path: "/films", summary: "The first films.", tags: ["films"]) {
  films(first: $first) { id name }
}

query Film($id: ID!)
@rest(path: "/films/{id}", summary: "One film.", sunset: "2099-12-31") {
  film(id: $id) { id name year }
}
"""
CONFIG = f"""
mode: development
server: {{port: "${{WEIR_PORT}}", control: "${{WEIR_CONTROL}}", drain_delay: 0s}}
identity:
  jwt: {{own: {{issuer: us, audiences: [films], secret: {SECRET}}}}}
subgraphs: {{films: {{python: "films:schema"}}}}
facades:
  films:
    path: /films
    hosts: [films.localhost]
    operations: operations
    cost: {{maximum: 1000}}
  known: {{path: /known, operations: operations, access: authenticated}}
  stored: {{path: /stored, operations: operations, operation_access: stored_only}}
"""


@asynccontextmanager
async def films_gateway(folder: Path) -> AsyncIterator[Gateway]:
    if not assets().are_complete:
        pytest.skip("needs the scripts of the pages: make pages")
    (folder / "films.py").write_text(FILMS)
    (folder / "operations").mkdir()
    (folder / "operations" / "films.graphql").write_text(OPERATIONS)
    (folder / "weir.yaml").write_text(CONFIG)
    async with running_gateway(folder / "weir.yaml") as gateway:
        yield gateway


def check(page: Page, url: str, name: str) -> None:
    outside = page.outside(url)
    print(
        f"{name}: {len(page.requests)} requests, {len(outside)} outside,"
        f" {len(page.violations)} violations, {len(page.exceptions)} exceptions"
    )
    assert outside == []
    assert page.violations == []
    assert page.exceptions == []


async def shoot(page: Page, name: str) -> None:
    if os.environ.get("WEIR_SCREENSHOTS"):
        await page.screenshot(IMAGES / f"{name}.png", 1000, 600)


async def click(page: Page, selector: str, text: str = "") -> None:
    """Click the first element of a selector that contains a text, once it is there."""
    found = (
        f"[...document.querySelectorAll({selector!r})]"
        f".find(each => each.textContent.includes({text!r}) && !each.disabled)"
    )
    await page.until(f"!!{found}")
    await page.evaluate(f"{found}.click()")


async def run_stored(page: Page) -> None:
    """Run the operation `Films` in GraphiQL."""
    await click(page, 'button[aria-label="Show Stored operations"]')
    await click(page, ".weir-panel button", "Films")
    await click(page, ".graphiql-execute-button")
    await page.until(
        "document.querySelector('.result-window')?.textContent.includes('Film\\u00a02')"
    )


async def test_a_query_runs_in_graphiql(tmp_path: Path) -> None:
    async with (
        films_gateway(tmp_path) as gateway,
        running_browser(tmp_path / "browser") as browser,
    ):
        page = await browser.page()
        await page.open(f"{gateway.url}/films/graphql")  # a browser is led to it
        await run_stored(page)
        await shoot(page, "graphiql")
        await click(page, 'button[aria-label="Show Last response"]')
        shown = await page.until(
            "document.querySelector('.weir-panel pre') &&"
            " document.querySelector('.weir-panel').textContent"
        )

        assert await page.evaluate("location.pathname") == "/films/graphiql"
        assert "Status 200" in shown
        assert '"estimated"' in shown
        assert "query: 1 fetch in 1 stage" in shown
        assert "films" in shown
        check(page, gateway.url, "GraphiQL")

        stored = await browser.page()
        await stored.open(f"{gateway.url}/stored/graphiql")
        await run_stored(stored)
        check(stored, gateway.url, "GraphiQL, stored operations only")


async def send_request(page: Page) -> None:
    """Send a request to `/films` by the console."""
    await click(page, ".opblock-summary-control", "/films")
    await click(page, ".try-out__btn")
    await click(page, ".execute")
    await page.until(
        "document.querySelector('.live-responses-table')"
        "?.textContent.includes('Film 2')"
    )


async def test_a_request_is_sent_by_the_console(tmp_path: Path) -> None:
    async with (
        films_gateway(tmp_path) as gateway,
        running_browser(tmp_path / "browser") as browser,
    ):
        page = await browser.page()
        await page.open(f"{gateway.url}/films/console")
        await send_request(page)
        check(page, gateway.url, "Console")

        url = gateway.url.replace("127.0.0.1", "films.localhost")
        page = await browser.page()
        await page.open(f"{url}/console")
        await send_request(page)
        assert f"{url}/films?first=2" in page.requests
        check(page, url, "Console on a host of the façade")


async def test_the_documentation_and_the_schema_are_read(tmp_path: Path) -> None:
    async with (
        films_gateway(tmp_path) as gateway,
        running_browser(tmp_path / "browser") as browser,
    ):
        page = await browser.page()
        await page.open(f"{gateway.url}/films/docs")
        example = await page.until(
            "document.querySelector('#Film .example')?.textContent"
            ".startsWith('curl http://127') &&"
            " document.querySelector('#Film .example').textContent"
        )
        status = "document.querySelector('#status strong').textContent"
        await page.until(f"{status} === 'available'")
        await shoot(page, "docs")
        assert example == f"curl {gateway.url}/films/films/string"
        check(page, gateway.url, "Documentation")

        page = await browser.page()
        await page.open(f"{gateway.url}/films/schema?search=name")
        await click(page, "li a", "Film.name")
        assert await page.until("document.querySelector('#name')?.textContent")
        check(page, gateway.url, "Schema")


async def test_a_credential_opens_the_pages_of_a_tab(tmp_path: Path) -> None:
    claims = {"iss": "us", "aud": "films", "sub": "a", "exp": int(time.time()) + 600}  # noqa: TID251 - the verifier reads the real clock
    token = jwt.encode(claims, SECRET, "HS256")
    async with (
        films_gateway(tmp_path) as gateway,
        running_browser(tmp_path / "browser") as browser,
    ):
        page = await browser.page()
        await page.open(f"{gateway.url}/known/graphiql")
        await page.until("!!document.querySelector('#sign-in')")
        await sign_in(page, "wrong")
        await page.until(
            "document.querySelector('#reason').textContent.includes('not accepted')"
        )
        await sign_in(page, token)
        await run_stored(page)
        check(page, gateway.url, "GraphiQL with a credential")

        await page.open(f"{gateway.url}/known/console")
        await page.until("!!document.querySelector('.opblock')")
        await page.open(f"{gateway.url}/known/schema/Film")
        await page.until("!!document.querySelector('#name')")
        check(page, gateway.url, "Other pages with a credential")


async def sign_in(page: Page, token: str) -> None:
    await page.evaluate(f"document.getElementById('value').value = {token!r}")
    await click(page, "#sign-in button")


async def test_the_counters_see_what_is_outside_and_violations(tmp_path: Path) -> None:
    async with (
        films_gateway(tmp_path) as gateway,
        running_browser(tmp_path / "browser") as browser,
    ):
        page = await browser.page()
        await page.open(f"{gateway.url}/films/docs")
        await page.until("!!document.querySelector('.example')")
        await page.evaluate(
            "document.body.insertAdjacentHTML('beforeend',"
            " '<img src=http://outside.test/a><img src=x onerror=alert(1)>')"
        )
        await page.evaluate("setTimeout(() => { throw new Error('seen') })")
        await page.until("new Promise(done => setTimeout(() => done(true), 500))")

        found = str(page.violations)
        assert "img-src" in found
        assert "script-src-attr" in found
        assert "seen" in page.exceptions[0]
