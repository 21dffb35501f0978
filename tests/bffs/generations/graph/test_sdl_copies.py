"""A service that is down does not block a start, a reload or changes of others."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import orjson
import pytest

from tests.support.calls import RecordingSink
from tests.support.scripted_server import Scripted, ScriptedServer, scripted_server
from tests.support.upstreams import runtime
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.stores.state_dir import StateDir
from weir.bffs.generations.build import build_generation
from weir.bffs.generations.generation import Generation
from weir.bffs.generations.graph.sdl_copies import SdlCopies, SdlSource
from weir.bffs.generations.graph.sdl_refresh import SdlRefresh
from weir.gateway.events import SdlCopyUsed
from weir.resolvers.engine.preparation_queue import PreparationQueue

CONFIG = """
upstreams:
  books: {{instances: ["{url}"], health: {{active: false}}, retry: {{attempts: 0}}}}
  films: {{instances: [http://127.0.0.1:1], health: {{active: false}}}}
subgraphs:
  books: {{upstream: books}}
  films: {{upstream: films, sdl: films.graphql}}
facades:
  web: {{path: /web}}
"""
BOOKS = "type Query { book: String }"
BOOKS_OF_LATER = "type Query { book: String, author: String }"
SOURCE = SdlSource("books", "/graphql")
DOWN = Scripted(b"", then="close")


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[ScriptedServer]:
    async with scripted_server() as server:
        (tmp_path / "weir.yaml").write_text(CONFIG.format(url=server.url))
        (tmp_path / "films.graphql").write_text("type Query { film: String }")
        yield server


def sdl_response(sdl: str) -> Scripted:
    body = orjson.dumps({"data": {"_service": {"sdl": sdl}}})
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
    framing = b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body)
    return Scripted(head + framing + body, then="close")


async def built(
    folder: Path,
    queue: PreparationQueue,
    copies: SdlCopies,
    sink: RecordingSink | None = None,
    previous: Generation | None = None,
) -> Generation:
    loaded = load_config(folder / "weir.yaml", {})
    return await build_generation(loaded, previous, runtime(sink=sink), queue, copies)


def fields(generation: Generation) -> set[str]:
    query = generation.facades[0].engine.schema.query_type
    assert query is not None
    return {*query.fields}


async def test_a_start_uses_the_last_sdl_of_a_service_that_is_down(
    tmp_path: Path, books: ScriptedServer, queue: PreparationQueue
) -> None:
    state, sink = StateDir(tmp_path / "state"), RecordingSink()
    books.play(sdl_response(BOOKS), DOWN)
    await (await built(tmp_path, queue, SdlCopies(state))).close()

    restarted = SdlCopies(state)
    generation = await built(tmp_path, queue, restarted, sink)

    assert fields(generation) == {"book", "film"}
    (event,) = [each for each in sink.events if isinstance(each, SdlCopyUsed)]
    assert event.subgraph == "subgraphs.books"
    assert event.sha256 == restarted.in_use[SOURCE].sha256
    await generation.close()


async def test_without_a_copy_a_service_that_is_down_prevents_a_start(
    tmp_path: Path, books: ScriptedServer, queue: PreparationQueue
) -> None:
    books.play(DOWN)
    with pytest.raises(ConfigError, match="cannot fetch the SDL of the service"):
        await built(tmp_path, queue, SdlCopies(StateDir(tmp_path / "state")))


async def test_a_reload_uses_the_copy_in_memory(
    tmp_path: Path, books: ScriptedServer, queue: PreparationQueue
) -> None:
    copies = SdlCopies()
    books.play(sdl_response(BOOKS), DOWN, sdl_response(BOOKS))
    for in_use in (0, 1, 0):
        generation = await built(tmp_path, queue, copies)
        assert len(copies.in_use) == in_use
        await generation.close()


async def test_a_damaged_copy_is_not_used(
    tmp_path: Path, books: ScriptedServer, queue: PreparationQueue
) -> None:
    books.play(sdl_response(BOOKS), DOWN)
    await (await built(tmp_path, queue, SdlCopies(StateDir(tmp_path / "s")))).close()
    (file,) = (tmp_path / "s").iterdir()
    file.write_bytes(file.read_bytes().replace(b"book", b"boat"))

    with pytest.raises(ConfigError, match="cannot fetch the SDL"):
        await built(tmp_path, queue, SdlCopies(StateDir(tmp_path / "s")))


async def test_a_state_directory_that_cannot_be_written_prevents_nothing(
    tmp_path: Path,
    books: ScriptedServer,
    queue: PreparationQueue,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "file").write_text("")
    copies = SdlCopies(StateDir(tmp_path / "file"))
    books.play(sdl_response(BOOKS), sdl_response(BOOKS))

    for _ in range(2):
        await (await built(tmp_path, queue, copies)).close()

    assert caplog.text.count("cannot be written") == 1


async def test_a_change_of_others_calls_no_service(
    tmp_path: Path, books: ScriptedServer, queue: PreparationQueue
) -> None:
    copies = SdlCopies()
    books.play(sdl_response(BOOKS))
    first = await built(tmp_path, queue, copies)
    file = tmp_path / "weir.yaml"
    file.write_text(file.read_text().replace("127.0.0.1:1]", "127.0.0.1:2]"))
    (tmp_path / "films.graphql").write_text("type Query { movie: String }")

    second = await built(tmp_path, queue, copies, previous=first)

    assert fields(second) == {"book", "movie"}
    assert len(books.requests) == 1
    for generation in (first, second):
        await generation.close()


@pytest.mark.parametrize("then", ["retry: {attempts: 0}}", "path: /other}"])
async def test_a_change_of_its_own_definition_calls_a_service(
    tmp_path: Path, books: ScriptedServer, queue: PreparationQueue, then: str
) -> None:
    copies = SdlCopies()
    books.play(sdl_response(BOOKS), sdl_response(BOOKS_OF_LATER))
    first = await built(tmp_path, queue, copies)
    file = tmp_path / "weir.yaml"
    changed = {
        "retry: {attempts: 0}}": ("retry: {attempts: 0}}", "retry: {attempts: 1}}"),
        "path: /other}": ("upstream: books}", "upstream: books, path: /other}"),
    }[then]
    file.write_text(file.read_text().replace(*changed))

    second = await built(tmp_path, queue, copies, previous=first)

    assert fields(second) == {"book", "author", "film"}
    for generation in (first, second):
        await generation.close()


class Serving:
    """The serving generation, and its reload, as the gateway has them."""

    def __init__(
        self, folder: Path, queue: PreparationQueue, copies: SdlCopies
    ) -> None:
        self.copies = copies
        self.reloads = 0
        self.generation: Generation | None = None
        self._arguments = (folder, queue, copies)
        self.refresh = SdlRefresh(
            copies, lambda: self.generation, runtime(), self.reload
        ).refresh

    async def reload(self) -> None:
        self.reloads += 1
        previous = self.generation
        with suppress(ConfigError):
            self.generation = await built(*self._arguments, previous=previous)
            if previous is not None:
                await previous.close()

    async def close(self) -> None:
        assert self.generation is not None
        await self.generation.close()


async def test_a_changed_sdl_is_served_without_a_reload_by_hand(
    tmp_path: Path, books: ScriptedServer, queue: PreparationQueue
) -> None:
    serving = Serving(tmp_path, queue, SdlCopies(StateDir(tmp_path / "state")))
    books.play(*map(sdl_response, (BOOKS, BOOKS, BOOKS_OF_LATER, BOOKS_OF_LATER)))
    await serving.reload()

    await serving.refresh()
    assert serving.reloads == 1
    await serving.refresh()
    await serving.refresh()

    assert serving.reloads == 2
    assert serving.generation is not None
    assert fields(serving.generation) == {"book", "author", "film"}
    assert len(books.requests) == 4
    books.play(DOWN)
    restarted = await built(tmp_path, queue, SdlCopies(StateDir(tmp_path / "state")))
    assert fields(restarted) == {"book", "author", "film"}
    await restarted.close()
    await serving.close()


async def test_an_sdl_that_does_not_compose_replaces_no_copy_and_blocks_no_change(
    tmp_path: Path, books: ScriptedServer, queue: PreparationQueue
) -> None:
    serving = Serving(tmp_path, queue, SdlCopies(StateDir(tmp_path / "state")))
    broken = "type Query { book: Int } extend type Missing @key { id: ID }"
    books.play(*map(sdl_response, (BOOKS, broken, broken)))
    await serving.reload()

    await serving.refresh()
    await serving.refresh()
    assert serving.reloads == 2, "the same SDL is offered once"
    (tmp_path / "films.graphql").write_text("type Query { movie: String }")
    await serving.reload()

    assert serving.generation is not None
    assert fields(serving.generation) == {"book", "movie"}
    assert serving.copies.known(SOURCE) == BOOKS
    books.play(DOWN)
    restarted = await built(tmp_path, queue, SdlCopies(StateDir(tmp_path / "state")))
    assert fields(restarted) == {"book", "movie"}
    await restarted.close()
    await serving.close()


@pytest.mark.parametrize(
    ("later", "reloads"), [(BOOKS, 0), (BOOKS_OF_LATER, 1)], ids=["same", "another"]
)
async def test_a_service_that_is_back_is_reloaded_if_its_sdl_has_changed(
    tmp_path: Path,
    books: ScriptedServer,
    queue: PreparationQueue,
    later: str,
    reloads: int,
) -> None:
    state = StateDir(tmp_path / "state")
    books.play(sdl_response(BOOKS), DOWN, DOWN, sdl_response(later))
    await (await built(tmp_path, queue, SdlCopies(state))).close()
    serving = Serving(tmp_path, queue, SdlCopies(state))
    await serving.reload()

    await serving.refresh()
    assert serving.copies.in_use, "still down"
    await serving.refresh()

    assert not serving.copies.in_use
    assert serving.reloads == 1 + reloads
    await serving.close()


TWO = """
upstreams:
  a: {{instances: ["{a}"], health: {{active: false}}, retry: {{attempts: 0}}}}
  b: {{instances: ["{b}"], health: {{active: false}}, retry: {{attempts: 0}}}}
subgraphs: {{a: {{upstream: a}}, b: {{upstream: b}}}}
facades: {{web: {{path: /web}}}}
"""
FED2 = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3")
type Query { %s }
"""


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        # Each has a field of the other's first SDL, which is not shareable.
        (("b: Int c: Int", "a: Int d: Int"), {"a", "b", "c", "d"}),
        (("a: Int c: Int", "b: Missing"), {"a", "b", "c"}),
    ],
    ids=["for each other", "one is broken"],
)
async def test_services_that_change_together_are_served_as_far_as_they_compose(
    tmp_path: Path, queue: PreparationQueue, later: tuple[str, str], expected: set[str]
) -> None:
    async with scripted_server() as a, scripted_server() as b:
        (tmp_path / "weir.yaml").write_text(TWO.format(a=a.url, b=b.url))
        a.play(*(sdl_response(FED2 % each) for each in ("a: Int", later[0])))
        b.play(*(sdl_response(FED2 % each) for each in ("b: Int", later[1])))
        serving = Serving(tmp_path, queue, SdlCopies())
        await serving.reload()

        await serving.refresh()

        assert serving.generation is not None
        assert fields(serving.generation) == expected
        await serving.close()
