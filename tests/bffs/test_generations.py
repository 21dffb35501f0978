"""Nothing of a generation that never served is left: no health check, no instance."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from threading import Event

import pytest

from tests.support.controlled_app import (
    ControlledApp,
    control_client,
    controlled_app,
)
from weir.bffs.app import App
from weir.bffs.config.errors import ConfigConflict, ConfigError, ReadOnlyConfig
from weir.bffs.config.stores.file import FileStore
from weir.bffs.config.stores.store import EditedConfig
from weir.gateway.server.process.readiness import Readiness

KEPT = "health check of http://127.0.0.1:1"
NEW = "health check of http://127.0.0.1:2"
CONFIG = """\
upstreams:
  kept: {instances: [http://127.0.0.1:1]}
  books:
    instances: [http://127.0.0.1:3]
    health: {active: false}
    timeout: {total: 500ms}
subgraphs:
  books: {upstream: books, sdl: books.graphql}
facades: {web: {path: /web}}
"""
WITH_NEW = CONFIG.replace(
    "upstreams:\n", "upstreams:\n  new: {instances: [http://127.0.0.1:2]}\n"
)
SERVICE = {"instances": ["http://127.0.0.1:2"]}
PUT = "/services/new"


def checks() -> list[str]:
    """Return the health checks that run in this loop."""
    return sorted(
        task.get_name()
        for task in asyncio.all_tasks()
        if task.get_name().startswith("health check of") and not task.done()
    )


def asking(url: str, config: str = WITH_NEW) -> str:
    """Return a configuration whose SDL comes from the service at `url`."""
    config = config.replace(", sdl: books.graphql", "")
    return config.replace("http://127.0.0.1:3", url)


async def settled(expected: list[str]) -> None:
    """Return when these health checks run and no other."""
    async with asyncio.timeout(10):
        while checks() != expected:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.005)


@asynccontextmanager
async def served(
    folder: Path, store_of: Callable[[Path], FileStore] = FileStore
) -> AsyncIterator[ControlledApp]:
    """Serve; after the end, no health check may run."""
    async with controlled_app(folder, CONFIG, store_of) as app:
        assert checks() == [KEPT]
        yield app
    assert checks() == []


@asynccontextmanager
async def silent_service() -> AsyncIterator[tuple[str, asyncio.Event]]:
    """Accept calls and answer none; the event is set by the first."""
    called = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        called.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", called


async def test_only_instances_of_the_serving_configuration_are_checked(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as app:
        assert (await app.control.put(PUT, json=SERVICE)).status_code == 200
        assert checks() == [KEPT, NEW]
        assert (await app.control.delete(PUT)).status_code == 200
        await settled([KEPT])


REJECTED = {
    "a file that is missing": WITH_NEW.replace("books.graphql", "no.graphql"),
    "a graph that does not compose": WITH_NEW.replace(
        "facades", "  more: {upstream: books, sdl: clash.graphql}\nfacades"
    ),
    "an operation that is not valid": WITH_NEW.replace(
        "path: /web", "path: /web, operations: operations"
    ),
    "Python code that is missing": WITH_NEW.replace(
        "facades", "  more: {python: 'no.such.module:x'}\nfacades"
    ),
    "a certificate that is not one": WITH_NEW.replace(
        "subgraphs:",
        "  tls: {instances: ['https://h'], tls: {ca: books.graphql}}\nsubgraphs:",
    ),
    "a changed server": "server: {port: 4999}\n" + WITH_NEW,
    "another redis": "redis: {url: redis://h}\n" + WITH_NEW,
}


@pytest.mark.parametrize("config", REJECTED.values(), ids=REJECTED)
async def test_a_rejected_configuration_leaves_nothing(
    tmp_path: Path, config: str
) -> None:
    (tmp_path / "clash.graphql").write_text("type Query { book: Int }")
    (tmp_path / "operations").mkdir()
    (tmp_path / "operations" / "x.graphql").write_text("query X { nothing }")
    async with served(tmp_path) as app:
        app.file.write_text(config)
        for _ in range(2):
            rejected = await app.control.post("/config/reload")
            assert rejected.status_code == 422, rejected.text
        await settled([KEPT])
        # The upstream that was to be shared ends with the generation that has it.
        app.file.write_text(CONFIG.replace("  kept: {", "  # {"))
        assert (await app.control.post("/config/reload")).status_code == 200
        await settled([])


class Failing(FileStore):
    """A file that cannot be kept, for the reason that is in it."""

    def save(self, edited: EditedConfig) -> None:
        del edited
        raise {
            "read-only": ReadOnlyConfig("x"),
            "conflict": ConfigConflict("x"),
            "bug": ZeroDivisionError(),
        }[(self.file.parent / "reason").read_text()]


@pytest.mark.parametrize(
    ("reason", "status"), [("read-only", 409), ("conflict", 409), ("bug", 500)]
)
async def test_a_change_that_cannot_be_stored_leaves_nothing(
    tmp_path: Path, reason: str, status: int
) -> None:
    (tmp_path / "reason").write_text(reason)
    async with served(tmp_path, Failing) as app:
        assert (await app.control.put(PUT, json=SERVICE)).status_code == status
        await settled([KEPT])
        assert (await app.control.get("/services")).json()["services"][0][
            "name"
        ] == "kept"


async def test_a_client_that_leaves_while_a_change_is_built_does_not_stop_it(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as app, silent_service() as (url, called):
        app.file.write_text(asking(url))
        reload = asyncio.create_task(app.control.post("/config/reload"))
        await called.wait()
        reload.cancel()
        await asyncio.gather(reload, return_exceptions=True)
        app.file.write_text(CONFIG)
        # It waits for the first, which ends when its service does not answer.
        assert (await app.control.post("/config/reload")).status_code == 200
        await settled([KEPT])


async def is_served(app: ControlledApp, service: str) -> bool:
    return service in (await app.control.get("/config")).json()["upstreams"]


class Slow(FileStore):
    """A file that takes until `Slow.go` to be written."""

    begun = Event()
    go = Event()

    def save(self, edited: EditedConfig) -> None:
        self.begun.set()
        assert self.go.wait(10)
        super().save(edited)


async def test_a_change_whose_client_leaves_while_it_is_stored_is_served(
    tmp_path: Path,
) -> None:
    Slow.begun.clear()
    Slow.go.clear()
    async with served(tmp_path, Slow) as app:
        change = asyncio.create_task(app.control.put(PUT, json=SERVICE))
        assert await asyncio.to_thread(Slow.begun.wait, 10)
        change.cancel()
        await asyncio.gather(change, return_exceptions=True)
        Slow.go.set()

        async with asyncio.timeout(10):
            while not await is_served(app, "new"):  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.005)
        assert "new" in FileStore(app.file).load().config.upstreams
        assert checks() == [KEPT, NEW]


async def test_a_gateway_that_stops_while_a_change_is_built_leaves_nothing(
    tmp_path: Path,
) -> None:
    async with silent_service() as (url, called):
        async with served(tmp_path) as app:
            app.file.write_text(asking(url))
            reload = asyncio.create_task(app.control.post("/config/reload"))
            await called.wait()
        assert (await reload).json()["code"] == "STOPPING"


async def test_a_gateway_that_stops_while_a_change_is_stored_leaves_nothing(
    tmp_path: Path,
) -> None:
    Slow.begun.clear()
    Slow.go.clear()
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(served(tmp_path, Slow))
        change = asyncio.create_task(app.control.put(PUT, json=SERVICE))
        assert await asyncio.to_thread(Slow.begun.wait, 10)
        stopping = asyncio.create_task(stack.aclose())
        await asyncio.sleep(0)
        Slow.go.set()
        await stopping

    assert (await change).json()["code"] == "STOPPING"


async def test_a_gateway_that_has_stopped_takes_no_change(tmp_path: Path) -> None:
    async with served(tmp_path) as app:
        pass
    async with control_client(app.app) as control:
        change = await control.put(PUT, json=SERVICE)
        reload = await control.post("/config/reload")

    assert {each.json()["code"] for each in (change, reload)} == {"STOPPING"}
    assert checks() == []


async def test_a_change_that_comes_while_the_gateway_starts_waits_for_the_start(
    tmp_path: Path,
) -> None:
    (tmp_path / "books.graphql").write_text("type Query { book: String }")
    store = FileStore(tmp_path / "weir.yaml")
    store.file.write_text(CONFIG)
    app = App(store.load(), store, Readiness(), lambda _: None)
    starting = asyncio.create_task(app.start())
    await asyncio.sleep(0)
    async with control_client(app) as control:
        changed = await control.put(PUT, json=SERVICE)
        generation = await control.get("/generation")
    await starting

    assert changed.json()["generation"] == generation.json()["id"]
    await settled([KEPT, NEW])
    await app.close()


async def test_a_start_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "weir.yaml")
    async with silent_service() as (url, called):
        store.file.write_text(
            CONFIG.replace("http://127.0.0.1:3", url).replace(
                ", sdl: books.graphql", ""
            )
        )
        app = App(store.load(), store, Readiness(), lambda _: None)
        starting = asyncio.create_task(app.start())
        await called.wait()
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await app.close()

    assert checks() == []


async def test_a_start_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        async with controlled_app(tmp_path, CONFIG.replace("books.g", "no.g")):
            pass
    assert checks() == []


async def test_a_route_that_probably_gets_no_request_is_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    routes = """\
routes:
  all: {path: "/{id}", parameters: {id: ".+"}, proxy: kept}
  some: {path: "/{id}", parameters: {id: "[0-9]"}, proxy: kept}
"""
    async with served(tmp_path) as app:
        app.file.write_text(CONFIG + routes)
        reloaded = await app.control.post("/config/reload")

    assert reloaded.status_code == 200
    warnings = [each for each in caplog.messages if "routes." in each]
    assert ["routes.some" in each for each in warnings] == [True, False]
