"""Which routes of one generation the next one serves alike, so that streams go on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from tests.support.calls import RecordingSink
from tests.support.memory_exchange import request_head
from weir.bffs.config.stores.file import FileStore
from weir.bffs.generations.current_generation import CurrentGeneration
from weir.bffs.generations.generation import Generation
from weir.gateway.clock import SystemClock
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.resolvers.engine.preparation_queue import PreparationQueue

CONFIG = """\
upstreams:
  books: {instances: ["http://127.0.0.1:3"], health: {active: false}}
subgraphs:
  books: {upstream: books, sdl: books.graphql}
facades:
  web: {path: /web, operations: operations}
  tv: {path: /tv}
"""
SDL = "type Query { book: Book } type Book { title: String }"
OPERATION = 'query Book @rest(method: GET, path: "/book") { book { title } }'
GRAPHQL, REST = ("POST", "/web/graphql"), ("GET", "/web/book")


@asynccontextmanager
async def generations(folder: Path) -> AsyncIterator[CurrentGeneration]:
    """Serve CONFIG from `folder`."""
    (folder / "books.graphql").write_text(SDL)
    (folder / "operations").mkdir()
    (folder / "operations" / "Book.graphql").write_text(OPERATION)
    (folder / "weir.yaml").write_text(CONFIG)
    store, clock = FileStore(folder / "weir.yaml"), SystemClock()
    loaded = store.load()
    cache = MemoryStore(loaded.config.server.cache)
    runtime = Dependencies(clock, Random(1), RecordingSink(), cache)  # noqa: S311 - a test
    queue = PreparationQueue(9, clock)
    serving = CurrentGeneration(loaded, store, runtime, queue, lambda _: None)
    try:
        await serving.start()
        yield serving
    finally:
        queue.close()
        await serving.close()


def served_alike(before: Generation, after: Generation) -> dict[str, bool]:
    return {
        path: after.serves(before.route(request_head(path, method=method)).route)
        for method, path in (GRAPHQL, REST)
    }


UNRELATED = {
    "nothing": CONFIG,
    "another façade": CONFIG.replace("path: /tv", "path: /screens"),
    "another upstream": CONFIG.replace(
        "upstreams:\n", 'upstreams:\n  new: {instances: ["http://127.0.0.1:4"]}\n'
    ),
    "an instance": CONFIG.replace("127.0.0.1:3", "127.0.0.1:5"),
}


@pytest.mark.parametrize("config", UNRELATED.values(), ids=UNRELATED)
async def test_an_unrelated_reload_serves_each_route_alike(
    tmp_path: Path, config: str
) -> None:
    async with generations(tmp_path) as current:
        before = current.serving
        assert before is not None
        (tmp_path / "weir.yaml").write_text(config)

        after = await current.renew()

        assert after is not before
        assert served_alike(before, after) == {"/web/graphql": True, "/web/book": True}


CHANGES = {
    "the schema": ("books.graphql", SDL.replace("title:", "isbn: ID title:")),
    "a policy": (
        "weir.yaml",
        f"identity: {{policies: {{p: {{cel: 'true'}}}}}}\n{CONFIG}",
    ),
    "limits of operations": ("weir.yaml", f"limits: {{depth: 9}}\n{CONFIG}"),
    "the façade's path": ("weir.yaml", CONFIG.replace("/web", "/site")),
    "the façade's introspection": (
        "weir.yaml",
        CONFIG.replace("path: /web", "path: /web, introspection: true"),
    ),
}


@pytest.mark.parametrize(("file", "text"), CHANGES.values(), ids=CHANGES)
async def test_a_reload_that_changes_a_facade_ends_its_routes(
    tmp_path: Path, file: str, text: str
) -> None:
    async with generations(tmp_path) as current:
        before = current.serving
        assert before is not None
        (tmp_path / file).write_text(text)

        after = await current.renew()

        routes = served_alike(before, after)
        assert routes == {"/web/graphql": False, "/web/book": False}


async def test_a_changed_operation_ends_its_own_route_alone(tmp_path: Path) -> None:
    async with generations(tmp_path) as current:
        before = current.serving
        assert before is not None
        changed = OPERATION.replace("title", "name: title")
        (tmp_path / "operations" / "Book.graphql").write_text(changed)

        after = await current.renew()

        assert served_alike(before, after) == {"/web/graphql": True, "/web/book": False}
