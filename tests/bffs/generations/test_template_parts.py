"""The workers of one template do not prepare stored operations again."""

import pickle
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, parse, print_ast
from msgspec import structs

from tests.support.contexts import a_context
from tests.support.scripted_server import Scripted, scripted_server
from tests.support.upstreams import runtime
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.generations.blueprint import Blueprint
from weir.bffs.generations.build import build_generation, realise
from weir.bffs.generations.generation import Generation
from weir.bffs.generations.template_parts import (
    NO_PARTS,
    TemplateParts,
    template_parts,
)
from weir.resolvers.engine.known_operation import NO_TRAITS, Prepared
from weir.resolvers.engine.operations import Operations
from weir.resolvers.engine.preparation_queue import PreparationQueue

SDL = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@tag", "@cost"])
type Query { book(tall: Int): Book @cost(weight: 3) }
type Book { title: String shelf: String @tag(name: "internal") }
"""
CONFIG = """
upstreams: {books: {instances: ["URL"], health: {active: false}}}
subgraphs: {books: {upstream: books, sdl: books.graphql}}
facades:
  web:
    path: /web
    operations: operations
SETTINGS
"""
SETTINGS = {
    "nothing else": "",
    "a contract": "    contract: {exclude: [internal]}",
    "costs": "    cost: {maximum: 50, subgraphs: {books: {maximum: 40}}}",
    "limits": "    limits: {depth: 9, mode: measure}",
    "production": "mode: production",
    "rules for fields": "    degraded: {Query.book: fail}",
    "a device": "    device: {arguments: {'Query.book(tall:)': {default: 1}}}",
    "labels in Python": "override: {labels: 'no_such_module:labels'}",
}
STORED = "query Book { book { title } }"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "operations").mkdir()
    (tmp_path / "operations" / "book.graphql").write_text(STORED)
    (tmp_path / "books.graphql").write_text(SDL)
    return tmp_path


async def blueprint(
    folder: Path, queue: PreparationQueue, setting: str, url: str = "http://127.0.0.1:1"
) -> Blueprint:
    text = CONFIG.replace("SETTINGS", setting).replace("URL", url)
    (folder / "weir.yaml").write_text(text)
    loaded = load_config(folder / "weir.yaml", {})
    drawn = await build_generation(loaded, None, runtime(), queue)
    await drawn.close()
    received: Blueprint = pickle.loads(pickle.dumps(drawn.blueprint))  # noqa: S301
    return received


@asynccontextmanager
async def worker(
    drawn: Blueprint, queue: PreparationQueue, parts: TemplateParts
) -> AsyncIterator[Generation]:
    generation = await realise(drawn, None, runtime(), queue, parts)
    try:
        yield generation
    finally:
        await generation.close()


def prepared(operations: Operations) -> Prepared:
    (known,) = operations.stored.values()
    found = known.plans.peek(NO_TRAITS)
    assert found is not None
    return found


@pytest.mark.parametrize("setting", [each for each in SETTINGS if "Python" not in each])
async def test_stored_operations_are_prepared_once_for_all_workers(
    folder: Path, queue: PreparationQueue, setting: str
) -> None:
    drawn = await blueprint(folder, queue, SETTINGS[setting])
    parts = template_parts(drawn)
    shared = prepared(parts.operations["web"])

    async with worker(drawn, queue, parts) as generation:
        (facade,) = generation.facades
        ((_, own),) = facade.stored
        assert own.executable is shared.executable
        assert own.bound.sources == (facade.engine.view.sources["books"],)
        assert own.executable.code in queue.plans.codes


async def test_an_operation_of_the_template_is_executed_by_the_sources_of_a_worker(
    folder: Path, queue: PreparationQueue
) -> None:
    async with scripted_server() as server:
        body = b'{"data": {"book": {"title": "Emma"}}}'
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        server.play(Scripted(head + b"content-length: %d\r\n\r\n" % len(body) + body))
        drawn = await blueprint(folder, queue, "", server.url)
        async with worker(drawn, queue, template_parts(drawn)) as generation:
            (facade,) = generation.facades
            ((_, own),) = facade.stored
            context = structs.replace(a_context(), deadline_s=time.monotonic() + 60)
            result = await facade.engine.execute(own, {}, {}, context)

    assert result.data == {"book": {"title": "Emma"}}


async def test_the_template_imports_no_code_of_users(
    folder: Path, queue: PreparationQueue
) -> None:
    (folder / "no_such_module.py").write_text(
        "class L:\n    def active(self, label, request): return False\nlabels = L()\n"
    )
    drawn = await blueprint(folder, queue, SETTINGS["labels in Python"])
    (folder / "no_such_module.py").unlink()

    assert template_parts(drawn).operations.keys() == {"web"}


async def test_an_invalid_operation_is_reported_by_a_worker(
    folder: Path, queue: PreparationQueue
) -> None:
    drawn = await blueprint(folder, queue, "")
    (operation,) = drawn.stored["web"]
    (definition,) = parse("query Book { author }").definitions
    assert isinstance(definition, OperationDefinitionNode)
    invalid = replace(operation, text=print_ast(definition), definition=definition)
    drawn = replace(drawn, stored={"web": (invalid,)})
    parts = template_parts(drawn)

    assert parts.operations == {}
    with pytest.raises(ConfigError, match="author"):
        async with worker(drawn, queue, parts):
            pass


async def test_without_a_template_a_worker_prepares_them_itself(
    folder: Path, queue: PreparationQueue
) -> None:
    drawn = await blueprint(folder, queue, "")
    async with worker(drawn, queue, NO_PARTS) as generation:
        ((_, own),) = generation.facades[0].stored
        assert own.bound.sources
