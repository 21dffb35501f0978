"""Operations and values made to cost much are refused, and other clients see nothing.

The bystander is a client with health checks and small new operations. What it waits is
bounded generously, for slow machines: an attack that works costs it many seconds.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.support import hostile_documents as documents
from tests.support.gateway import running_gateway
from tests.support.ports import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAIT_S = 2.0
"""The longest that a bystander, and each attack, may wait."""

SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
scalar Any
enum Colour { RED GREEN BLUE }
input Filter { year: Int nested: Filter colours: [Colour!] }
type Query {
  a: Int n: Query l(x: [Int]): Int
  coloured(colours: [Colour!]): Int filtered(filter: Filter): Int any(x: Any): Int
}
"""
STORED = """
query Anything($x: Any) @rest(method: POST, path: "/v1/any") { any(x: $x) }
query Filtered($x: Filter) @rest(path: "/v1/filtered") { filtered(filter: $x) }
"""
CONFIG = """
server: {port: "${WEIR_PORT}", control: "${WEIR_CONTROL}"}
upstreams:
  things: {instances: ["http://127.0.0.1:${THINGS_PORT}"]}
subgraphs:
  things: {upstream: things, sdl: things.graphql}
facades:
  web: {path: "", operations: operations}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[httpx.AsyncClient]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    (folder / "operations").mkdir()
    (folder / "operations" / "stored.graphql").write_text(STORED)
    (folder / "things.graphql").write_text(SDL)
    config = folder / "weir.yaml"
    config.write_text(CONFIG)
    variables = {"THINGS_PORT": str(free_port())}
    async with (
        running_gateway(config, variables) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=60) as client,
    ):
        yield client


@dataclass
class Bystander:
    """A client that keeps asking; `waited_s` is the longest time for one response."""

    http: httpx.AsyncClient
    waited_s: float = 0.0
    responses: int = 0
    failures: list[str] = field(default_factory=list)

    async def ask(self) -> None:
        started_s = time.monotonic()
        health = await self.http.get("/health")
        query = f"query Small{self.responses} {{ __typename }}"
        answer = await self.http.post("/graphql", json={"query": query})
        self.waited_s = max(self.waited_s, time.monotonic() - started_s)
        self.responses += 1
        if health.status_code != httpx.codes.OK or "data" not in answer.json():
            self.failures.append(f"{health.status_code} {answer.text}")

    async def ask_until(self, end: asyncio.Event) -> None:
        while not end.is_set():
            await self.ask()


@asynccontextmanager
async def bystander(http: httpx.AsyncClient) -> AsyncIterator[Bystander]:
    """Let a bystander ask, from before until after what is done meanwhile."""
    client, end = Bystander(http), asyncio.Event()
    await client.ask()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(client.ask_until(end))
        try:
            yield client
        finally:
            end.set()
    await client.ask()


def graphql(query: str, x: str = "null") -> tuple[str, bytes]:
    """Return a path and a body; `x` is the JSON of the variable of that name."""
    return "/graphql", f'{{"query": "{query}", "variables": {{"x": {x}}}}}'.encode()


def nested(levels: int, opening: str, closing: str) -> str:
    return f"{opening * levels}1{closing * levels}"


def json_list(items: Iterable[str]) -> str:
    return f"[{','.join(items)}]"


def json_object(members: Iterable[str]) -> str:
    return f"{{{','.join(members)}}}"


LIMIT, INPUT = "GRAPHQL_LIMIT_EXCEEDED", "BAD_USER_INPUT"
COLOURED = "query ($x: [Colour!]) { coloured(colours: $x) }"
FILTERED = "query ($x: Filter) { filtered(filter: $x) }"
ANY = "query ($x: Any) { any(x: $x) }"
LISTS = ("[", "]")
OBJECTS = ('{"nested":', "}")
ATTACKS: dict[str, tuple[tuple[str, bytes], str]] = {
    "fragments that double": (graphql(documents.doubling_fragments(60)), LIMIT),
    "operations through fragments": (
        graphql(documents.operations_with_fragment_chains(1_000, 190)),
        LIMIT,
    ),
    "fragments side by side": (graphql(documents.fragments_side_by_side(700)), LIMIT),
    "unknown names": (
        graphql(documents.unknown_fields(500)),
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "wrong enum values": (graphql(COLOURED, json_list(["1"] * 500_000)), INPUT),
    "long wrong enum values": (
        graphql(COLOURED, json_list([f'"{"x" * 30}"'] * 30_000)),
        INPUT,
    ),
    "a megabyte for an enum value": (graphql(COLOURED, f'"{"x" * 10**6}"'), INPUT),
    "unknown input fields": (
        graphql(FILTERED, json_object(f'"yaer{n}":1' for n in range(70_000))),
        INPUT,
    ),
    "nested input objects": (graphql(FILTERED, nested(1_000, *OBJECTS)), INPUT),
    "nested lists for a custom scalar": (graphql(ANY, nested(1_000, *LISTS)), INPUT),
    "JSON deeper than its parser": (
        graphql(ANY, nested(100_000, *LISTS)),
        "INVALID_GRAPHQL_REQUEST",
    ),
    "nested lists in a stored operation": (
        ("/v1/any", f'{{"x": {nested(1_000, *LISTS)}}}'.encode()),
        INPUT,
    ),
}


def code_of(answer: httpx.Response) -> Any:
    body = answer.json()
    return body["code"] if "code" in body else body["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("name", ATTACKS)
async def test_an_attack_is_refused_and_delays_nobody(
    http: httpx.AsyncClient, name: str
) -> None:
    (path, body), code = ATTACKS[name]
    headers = {"content-type": "application/json"}
    async with bystander(http) as client:
        for _ in range(3):
            started_s = time.monotonic()
            answer = await http.post(path, content=body, headers=headers)
            took_s = time.monotonic() - started_s

            assert code_of(answer) == code, answer.text[:500]
            assert len(answer.content) < 100_000
            assert took_s < WAIT_S

    assert client.failures == []
    assert client.waited_s < WAIT_S


async def test_a_parameter_nested_too_deeply_is_refused(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.get("/v1/filtered", params={"x": nested(100, *OBJECTS)})

    assert code_of(answer) == INPUT
    assert answer.status_code == httpx.codes.BAD_REQUEST
