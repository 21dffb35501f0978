"""The use of operations by the requests of clients, at the control port."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.controlled_app import CONFIG, ControlledApp, controlled_app
from weir.bffs.in_memory.exchange import PipelineTransport
from weir.gateway.clock import SystemClock

STORED = """
query Stored @rest(path: "/book") { book { title } }
query Unused { book { __typename } }
"""
WITH_OPERATIONS = CONFIG.replace("path: /web", "path: /web, operations: operations")
IOS = {"apollographql-client-name": "ios", "apollographql-client-version": "3"}


async def send(app: ControlledApp, *requests: httpx.Request) -> list[int]:
    transport = PipelineTransport(app.app.handler, SystemClock())
    async with httpx.AsyncClient(transport=transport) as client:
        return [(await client.send(each)).status_code for each in requests]


def graphql(headers: dict[str, str] | None = None, **body: str) -> httpx.Request:
    url = "http://weir.test/web/graphql"
    return httpx.Request("POST", url, headers=headers, json=body)


async def usage(app: ControlledApp, element: str) -> list[Any]:
    response = await app.control.get("/usage", params={"element": element})
    found: list[Any] = response.json()["operations"]
    return found


async def test_operations_are_counted_by_element_and_client(tmp_path: Path) -> None:
    (tmp_path / "operations").mkdir()
    (tmp_path / "operations" / "a.graphql").write_text(STORED)
    async with controlled_app(tmp_path, WITH_OPERATIONS) as app:
        rest = httpx.Request("GET", "http://weir.test/web/book", headers=IOS)
        by_id = graphql(IOS, documentId="Stored")
        sent = graphql({"graphql-client-name": "cli"}, query="query Q { book {title} }")
        await send(app, rest, by_id, sent, graphql(query="{ nope }"))

        by_title = await usage(app, "Book.title")
        by_book = await usage(app, "Query.book")

    stored, other = by_title
    assert (stored["operation"], stored["stored"]) == ("Stored", True)
    assert [
        (each["name"], each["version"], each["requests"]) for each in stored["clients"]
    ] == [("ios", "3", 2)]
    assert (other["operation"], other["stored"]) == ("Q", False)
    assert [each["name"] for each in other["clients"]] == ["cli"]
    assert [each["operation"] for each in by_book] == ["Stored", "Unused", "Q"]
    assert by_book[1]["clients"] == []


@pytest.mark.parametrize("element", ["Book.nope", "Nope", "Nope.x", "a b", "@skip(x:)"])
async def test_an_unknown_element_is_an_error(tmp_path: Path, element: str) -> None:
    async with controlled_app(tmp_path) as app:
        response = await app.control.get("/usage", params={"element": element})

    assert response.status_code == 404
    assert response.json()["code"] == "UNKNOWN_ELEMENT"
    assert element in response.json()["detail"]


@pytest.mark.parametrize(
    ("name", "expected"), [(b"\xff" * 100, "\ufffd" * 64), (b"a\tb", ""), (b"x", "x")]
)
async def test_names_of_clients_are_short_and_printable(
    tmp_path: Path, name: bytes, expected: str
) -> None:
    async with controlled_app(tmp_path) as app:
        request = graphql(query="{ book { title } }")
        request.headers = httpx.Headers(
            [*request.headers.raw, (b"graphql-client-name", name)]
        )
        await send(app, request)

        (operation,) = await usage(app, "")

    assert [each["name"] for each in operation["clients"]] == [expected]
