"""The template at the moment of a fork, and its end."""

import asyncio
import pickle
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support import checked_template, threaded_template
from tests.support.upstreams import runtime
from weir.bffs.config.decode import load_config
from weir.bffs.generations.build import build_generation
from weir.bffs.workers.messages import WorkerState
from weir.gateway.clock import SystemClock
from weir.gateway.server.workers.board import Board
from weir.gateway.server.workers.template import WorkerSockets
from weir.gateway.server.workers.template_process import (
    TemplateFailed,
    TemplateProcess,
)
from weir.resolvers.engine.preparation_queue import PreparationQueue

CONFIG = """
upstreams: {u: {instances: ["http://127.0.0.1:9"], health: {active: false}}}
subgraphs: {books: {upstream: u, sdl: books.graphql}}
facades: {web: {path: /web, operations: web}, tv: {path: /tv}}
identity:
  jwt: {own: {issuer: weir, audiences: [weir], secret: "%s"}}
""" % ("s" * 32)


@asynccontextmanager
async def template(module: str, state: object) -> AsyncIterator[TemplateProcess]:
    board = Board.create(2)
    process = await TemplateProcess.start(module, (board.file,))
    try:
        await process.prepare(pickle.dumps(state))
        yield process
    finally:
        await process.close()
        board.close()


async def fork(process: TemplateProcess) -> int:
    ends = socket.socketpair()
    with ends[0], ends[1], socket.socket() as listening:
        return await process.fork(1, WorkerSockets(ends[1], listening))


async def ended(process: TemplateProcess, pid: int) -> int:
    """Return the exit code, however long the worker takes to end."""
    async with asyncio.timeout(60):
        while (code := await process.exit_code(pid)) is None:
            pass
    return code


async def state(folder: Path) -> WorkerState:
    (folder / "books.graphql").write_text("type Query { book: String }")
    (folder / "web").mkdir()
    (folder / "web" / "book.graphql").write_text("query Book { book }")
    (folder / "weir.yaml").write_text(CONFIG)
    loaded = load_config(folder / "weir.yaml", {})
    queue = PreparationQueue(8, SystemClock())
    generation = await build_generation(loaded, None, runtime(), queue)
    queue.close()
    await generation.close()
    return WorkerState(generation.blueprint)


async def test_one_thread_no_loop_and_no_connection_is_forked(tmp_path: Path) -> None:
    async with template(checked_template.__name__, await state(tmp_path)) as process:
        pids = [await fork(process), await fork(process)]
        assert [await ended(process, pid) for pid in pids] == [0, 0]


async def test_a_second_thread_prevents_a_fork() -> None:
    async with template(threaded_template.__name__, "state") as process:
        with pytest.raises(TemplateFailed, match="2 threads, and can only fork"):
            await fork(process)


async def test_a_template_that_cannot_prepare_its_state_is_an_error() -> None:
    with pytest.raises(TemplateFailed, match="standard error has the reason"):
        async with template(checked_template.__name__, "no state"):
            pass


async def test_a_template_that_is_closed_at_once_ends() -> None:
    board = Board.create(2)
    process = await TemplateProcess.start(checked_template.__name__, (board.file,))
    async with asyncio.timeout(60):
        await process.close()
    board.close()
