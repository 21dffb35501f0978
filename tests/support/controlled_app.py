"""The gateway's application in this process, used through its control port."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from weir.bffs.app import App
from weir.bffs.config.stores.file import FileStore
from weir.bffs.config.stores.store import ConfigStore
from weir.gateway.server.process.readiness import Readiness

CONFIG = """\
upstreams:
  books:
    instances: [http://127.0.0.1:1]
    health: {active: false}
subgraphs:
  books: {upstream: books, sdl: books.graphql}
facades: {web: {path: /web}}
"""
_SDL = "type Query { book: Book }\ntype Book { title: String }\n"


@dataclass(frozen=True)
class ControlledApp:
    """A started application, its weir.yaml, and a client of its control port."""

    app: App
    file: Path
    control: httpx.AsyncClient


@asynccontextmanager
async def controlled_app(
    folder: Path,
    config: str = CONFIG,
    store_of: Callable[[Path], ConfigStore] = FileStore,
) -> AsyncIterator[ControlledApp]:
    """Serve `config` from `folder`; no port is opened."""
    (folder / "books.graphql").write_text(_SDL)
    file = folder / "weir.yaml"
    file.write_text(config)
    store = store_of(file)
    app = App(store.load(), store, Readiness(), lambda _: None)
    try:
        await app.start()
        async with control_client(app) as control:
            yield ControlledApp(app, file, control)
    finally:
        await app.close()


def control_client(app: App) -> httpx.AsyncClient:
    """Return a client of the application's control port."""
    transport = httpx.ASGITransport(app.control, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4001")
