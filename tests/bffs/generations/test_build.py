"""What a reload makes anew, and what it takes over from the serving generation."""

import gc
import time
import weakref
from pathlib import Path

import pytest
from graphql import GraphQLObjectType
from msgspec import structs

from tests.support.contexts import a_context
from tests.support.upstreams import runtime
from weir.bffs.config.decode import load_config
from weir.bffs.generations.build import build_generation
from weir.bffs.generations.generation import Generation
from weir.resolvers.engine.known_operation import Prepared
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.sources.root_names import RenamedRoots
from weir.schema.compose import Composed, compose
from weir.schema.subgraphs.subgraph import Subgraph

CONFIG = """
upstreams:
  books:
    instances: [http://127.0.0.1:1]
    health: {active: false}
    breaker: {failures: 5}
subgraphs:
  books: {upstream: books, sdl: books.graphql}
facades:
  web:
    path: /web
    operations: operations
    contract: {exclude: [internal]}
"""
WITH_SUPERGRAPH = """
supergraph: supergraph.graphql
facades: {web: {path: /web}}
"""
SDL = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@tag"])
type Query { book: Book }
type Book { title: String shelf: String @tag(name: "internal") }
"""
WITH_PAGES = SDL.replace("title: String", "title: String pages: Int")
STORED = "query Book { book { title } }\n"
ASKED = "{ book { title } }"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "operations").mkdir()
    (tmp_path / "operations" / "book.graphql").write_text(STORED)
    (tmp_path / "books.graphql").write_text(SDL)
    (tmp_path / "weir.yaml").write_text(CONFIG)
    return tmp_path


async def built(
    folder: Path, queue: PreparationQueue, previous: Generation | None = None
) -> Generation:
    loaded = load_config(folder / "weir.yaml", {})
    generation = await build_generation(loaded, previous, runtime(), queue)
    if previous is not None:
        await previous.close()
    return generation


def stored(generation: Generation) -> Prepared:
    (facade,) = generation.facades
    ((_, prepared),) = facade.stored
    return prepared


async def asked(generation: Generation) -> Prepared:
    return await generation.facades[0].engine.prepare(ASKED, None, a_context())


async def test_how_services_are_called_changes_no_graph_and_no_plan(
    folder: Path, queue: PreparationQueue
) -> None:
    before = await built(folder, queue)
    planned = [stored(before), await asked(before)]
    (folder / "weir.yaml").write_text(CONFIG.replace("failures: 5", "failures: 6"))
    after = await built(folder, queue, before)

    assert after.id != before.id
    assert after.graphs == before.graphs
    assert after.facades[0].engine.schema is before.facades[0].engine.schema
    prepared = [stored(after), await asked(after)]
    assert [each.executable for each in prepared] == [e.executable for e in planned]
    sources = after.facades[0].engine.view.sources
    for each, earlier in zip(prepared, planned, strict=True):
        assert each.bound.sources == (sources["books"],) != earlier.bound.sources
    await after.close()


async def test_a_subgraph_gets_its_own_names_of_root_types(
    folder: Path, queue: PreparationQueue
) -> None:
    renamed = SDL.replace("type Query", "schema { query: Books } type Books")
    (folder / "books.graphql").write_text(renamed)
    before = await built(folder, queue)
    after = await built(folder, queue, before)

    for generation in (before, after):
        source = generation.facades[0].engine.view.sources["books"]
        assert isinstance(source, RenamedRoots)
        assert source.own_names == {"Query": "Books"}
    await after.close()


async def test_calls_have_the_settings_of_their_operation(
    folder: Path, queue: PreparationQueue
) -> None:
    exceptions = """    operations:
      Book: {breaker: {failures: 1}}
subgraphs:
  books: {upstream: books, sdl: books.graphql}
"""
    text = CONFIG.replace(
        "subgraphs:\n  books: {upstream: books, sdl: books.graphql}\n", exceptions
    )
    (folder / "weir.yaml").write_text(text)
    generation = await built(folder, queue)
    context = structs.replace(a_context(), deadline_s=time.monotonic() + 5)

    engine = generation.facades[0].engine
    for prepared in (stored(generation), await asked(generation)):
        await engine.execute(prepared, {}, {}, context)

    (books,) = generation.registry.snapshot()
    (operation,) = books.operations
    assert operation.breaker is not None
    assert (operation.calls, operation.breaker.state) == (1, "open")
    assert books.breaker.state == "closed"
    await generation.close()


async def test_a_removed_operation_is_not_retained(
    folder: Path, queue: PreparationQueue
) -> None:
    before = await built(folder, queue)
    (folder / "operations" / "book.graphql").write_text(
        "query Other { book { title } }\n"
    )
    after = await built(folder, queue, before)

    assert [name for _, name in after.facades[0].engine.operations.stored] == ["Other"]
    await after.close()


async def test_a_new_schema_has_recent_operations_planned_before_it_serves(
    folder: Path, queue: PreparationQueue
) -> None:
    before = await built(folder, queue)
    planned = await asked(before)
    (folder / "books.graphql").write_text(WITH_PAGES)
    after = await built(folder, queue, before)

    ((text, _),) = after.facades[0].engine.operations.cached.latest(10)
    assert text == ASKED
    assert await asked(after) is not planned
    assert not after.graphs.keys() & before.graphs.keys()
    await after.close()


async def test_operations_that_the_new_schema_rejects_are_dropped(
    folder: Path, queue: PreparationQueue
) -> None:
    (folder / "books.graphql").write_text(WITH_PAGES)
    before = await built(folder, queue)
    engine = before.facades[0].engine
    await engine.prepare("{ book { pages } }", None, a_context())
    (folder / "books.graphql").write_text(SDL)
    after = await built(folder, queue, before)

    assert after.facades[0].engine.operations.cached.latest(10) == []
    await after.close()


async def test_a_contract_that_changed_is_another_view_of_the_same_graph(
    folder: Path, queue: PreparationQueue
) -> None:
    before = await built(folder, queue)
    (folder / "weir.yaml").write_text(CONFIG.replace("[internal]", "[]"))
    after = await built(folder, queue, before)

    assert after.graphs == before.graphs
    shows = [
        "shelf" in str(one.facades[0].engine.schema.type_map["Book"].to_kwargs())
        for one in (before, after)
    ]
    assert shows == [False, True]
    await after.close()


async def test_a_generation_is_named_after_its_supergraph_file(
    folder: Path, queue: PreparationQueue
) -> None:
    (folder / "weir.yaml").write_text(WITH_SUPERGRAPH)
    ids: list[str] = []
    generation: Generation | None = None
    for sdl in (SDL, WITH_PAGES, SDL):
        url = "http://127.0.0.1:1/graphql"
        composed = compose([Subgraph(name="books", sdl=sdl, url=url)])
        assert isinstance(composed, Composed)
        (folder / "supergraph.graphql").write_text(composed.supergraph_sdl)
        generation = await built(folder, queue, generation)
        ids.append(generation.id)

    assert ids[0] == ids[2] != ids[1]
    assert generation is not None
    await generation.close()


async def test_a_graph_that_is_no_longer_served_is_freed_without_a_collection(
    folder: Path, queue: PreparationQueue
) -> None:
    gc.disable()
    try:
        before = await built(folder, queue)
        same = await built(folder, queue, before)
        book = before.facades[0].engine.schema.type_map["Book"]
        assert isinstance(book, GraphQLObjectType)
        title = weakref.ref(book.fields["title"])
        del book
        assert title() is not None
        (folder / "books.graphql").write_text(WITH_PAGES)
        after = await built(folder, queue, same)
        del before, same
        assert title() is None
    finally:
        gc.enable()
    await after.close()
