"""The status of a REST API, by the services that its endpoints call."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from tests.support.gateway import running_gateway
from tests.support.json_service import json_service
from weir.bffs.facades.status_endpoint import CalledServices

CONFIG = """
mode: development
server: {{port: "${{WEIR_PORT}}", control: "${{WEIR_CONTROL}}", drain_delay: 0s}}
upstreams:
  books: {{instances: ["http://127.0.0.1:9"], health: {{path: /, interval: 50ms}}}}
  people: {{instances: ["{people}"], health: {{path: /, interval: 50ms}}}}
subgraphs:
  books: {{upstream: books, sdl: books.graphql}}
  people: {{upstream: people, sdl: people.graphql}}
  here: {{python: "here:schema"}}
facades:
  web: {{path: /web, hosts: [web.test, "*.web.test"], operations: operations}}
  private: {{path: /private, operations: operations, access: authenticated}}
  plain: {{path: /plain, operations: operations, pages: false}}
identity: {{jwt: {{own: {{issuer: us, audiences: [a], secret: "{secret}"}}}}}}
"""
OPERATIONS = """
query Book @rest(path: "/book") { book }
query Both @rest(path: "/both") { book person }
query Person @rest(path: "/person") { person }
query Mixed @rest(path: "/mixed") { book local }
query Local @rest(path: "/local") { local }
"""
HERE = """
import strawberry
from strawberry.federation import Schema


@strawberry.type
class Query:
    local: str = "here"


schema = Schema(query=Query)
"""


@pytest.mark.parametrize(
    ("called", "unavailable", "status"),
    [
        ("", "", "available"),
        ("", "a b", "available"),
        ("a", "", "available"),
        ("a", "b", "available"),
        ("a", "a b", "unavailable"),
        ("a b", "a", "degraded"),
        ("a b", "a b c", "unavailable"),
    ],
)
def test_the_status_of_an_endpoint(called: str, unavailable: str, status: str) -> None:
    endpoint = CalledServices("GET", "/", frozenset(called.split()))

    assert endpoint.status(frozenset(unavailable.split())) == status


async def statuses(client: httpx.AsyncClient, url: str) -> dict[str, str]:
    response = (await client.get(url)).raise_for_status()
    assert response.headers["cache-control"] == "no-store"
    found = response.json()
    return {"": found["status"]} | {
        each["path"]: each["status"] for each in found["endpoints"]
    }


async def test_the_status_follows_the_health_of_services(tmp_path: Path) -> None:
    async with json_service({"/": {}}) as people:
        (tmp_path / "books.graphql").write_text("type Query { book: String }")
        (tmp_path / "people.graphql").write_text("type Query { person: String }")
        (tmp_path / "here.py").write_text(HERE)
        (tmp_path / "operations").mkdir()
        (tmp_path / "operations" / "all.graphql").write_text(OPERATIONS)
        file = tmp_path / "weir.yaml"
        file.write_text(CONFIG.format(people=people.url, secret="0" * 32))
        async with (
            running_gateway(file) as gateway,
            httpx.AsyncClient(base_url=gateway.url, timeout=30) as client,
        ):
            found = await statuses(client, "/web/docs/status")
            deadline_s = time.monotonic() + 60
            while found[""] == "available" and time.monotonic() < deadline_s:
                await asyncio.sleep(0.05)
                found = await statuses(client, "/web/docs/status")
            refused = await client.get("/private/docs/status")
            absent = await client.get("/plain/docs/status")
            document = (await client.get("/web/openapi.json")).json()

    assert found == {
        "": "degraded",
        "/book": "unavailable",
        "/both": "degraded",
        "/person": "available",
        "/mixed": "degraded",
        "/local": "available",
    }
    assert refused.status_code == httpx.codes.UNAUTHORIZED
    assert absent.status_code == httpx.codes.NOT_FOUND
    assert document["servers"] == [{"url": "//web.test"}, {"url": "/web"}]
