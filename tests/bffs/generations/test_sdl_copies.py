"""A service that is down does not block a start, a reload or changes of others."""

from collections.abc import AsyncIterator, Iterator
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
from weir.bffs.generations.sdl_copies import SdlCopies, SdlSource
from weir.bffs.generations.sdl_refresh import SdlRefresh
from weir.gateway.clock import SystemClock
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
def queue() -> Iterator[PreparationQueue]:
    queue = PreparationQueue(99, SystemClock())
    yield queue
    queue.close()


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
) -> Generation:
    loaded = load_config(folder / "weir.yaml", {})
    return await build_generation(loaded, None, runtime(sink=sink), queue, copies)


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
    copies, reloaded = SdlCopies(), list[None]()

    async def reload() -> None:
        reloaded.append(None)

    books.play(
        sdl_response(BOOKS), DOWN, DOWN, sdl_response(later), sdl_response(later)
    )
    await (await built(tmp_path, queue, copies)).close()
    serving = await built(tmp_path, queue, copies)
    refresh = SdlRefresh(copies, lambda: serving, runtime(), reload)

    await refresh.refresh()
    assert copies.in_use, "still down"
    await refresh.refresh()
    # An SDL that was tried once is not tried again.
    await refresh.refresh()

    assert len(reloaded) == reloads
    assert bool(copies.in_use) is bool(reloads)
    await serving.close()
