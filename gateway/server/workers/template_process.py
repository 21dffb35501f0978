"""The template as its supervisor sees it: a child process that forks on command."""

import asyncio
import json
import pickle
import socket
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from typing import Any, Final

from weir.gateway.server.workers.channel import LENGTH
from weir.gateway.server.workers.template import (
    Fork,
    Forked,
    NotForked,
    Prepared,
    Report,
    WorkerEnded,
    WorkerSockets,
)

# The template imports from where this process does, and has the same environment.
_BEGIN: Final = """\
import importlib, json, sys
sys.path[:] = json.loads(sys.argv[1])
importlib.import_module(sys.argv[2]).main(*map(int, sys.argv[3:]))
"""
_END_S: Final = 2.0
_HAS_ENDED: Final = "their template has ended; its standard error has the reason"


class TemplateFailed(Exception):
    """The template cannot fork workers; the text has the reason."""


class TemplateProcess:
    """A template that runs `main` of a module, and the workers that it has forked.

    `main` gets the numbers of the files that it inherits: that of its socket for
    commands, and `files`.
    """

    def __init__(self, process: Process, commands: socket.socket) -> None:
        self._process = process
        self._commands = commands
        self._prepared: asyncio.Future[None] = _future()
        self._forked: asyncio.Future[int] | None = None
        self._forking = asyncio.Lock()
        self._ended: dict[int, asyncio.Future[int | None]] = {}
        self.has_ended = False
        self._reading = asyncio.create_task(self._read(), name="template")

    @classmethod
    async def start(cls, module: str, files: tuple[int, ...]) -> "TemplateProcess":
        """Start the process; it imports while the state is prepared here."""
        own, other = socket.socketpair()
        with other:
            own.setblocking(False)  # noqa: FBT003 - its signature
            inherited = (other.fileno(), *files)
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-c", _BEGIN),
                *(json.dumps(sys.path), module, *map(str, inherited)),
                stdin=PIPE,
                pass_fds=inherited,
            )
        return cls(process, own)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def prepare(self, content: bytes) -> None:
        """Send the pickled state, and wait until it is prepared.

        Raise TemplateFailed.
        """
        stdin = self._process.stdin
        assert stdin is not None
        with suppress(ConnectionError):
            stdin.write(content)
            await stdin.drain()
        stdin.close()
        await asyncio.shield(self._prepared)

    async def fork(self, slot: int, sockets: WorkerSockets) -> int:
        """Fork a worker with its sockets; return its process id.

        Raise TemplateFailed.
        """
        async with self._forking:
            if self.has_ended:
                raise TemplateFailed(_HAS_ENDED)
            forked = self._forked = _future()
            content = pickle.dumps(Fork(slot))
            with suppress(OSError):  # it has ended, which the reader finds out
                frame = LENGTH.pack(len(content)) + content
                files = [sockets.supervisor.fileno(), sockets.listening.fileno()]
                socket.send_fds(self._commands, [frame], files)
            pid: int = await asyncio.shield(forked)
            return pid

    async def exit_code(self, pid: int) -> int | None:
        """Return the exit code of a worker that ends, or None if it is not known.

        A known one is returned once.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_END_S):
                code: int | None = await asyncio.shield(self._ended[pid])
                del self._ended[pid]
                return code
        return None

    async def close(self) -> None:
        """End the template; its workers continue."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self._commands.close()
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(_END_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        buffer = b""
        try:
            while received := await loop.sock_recv(self._commands, 65536):
                buffer += received
                while len(buffer) >= LENGTH.size:
                    (size,) = LENGTH.unpack(buffer[: LENGTH.size])
                    end = LENGTH.size + size
                    if len(buffer) < end:
                        break
                    content, buffer = buffer[LENGTH.size : end], buffer[end:]
                    self._receive(pickle.loads(content))  # noqa: S301 - our own child's
        except OSError:
            pass
        finally:
            self._end()

    def _receive(self, report: Report) -> None:
        match report:
            case Prepared():
                self._prepared.set_result(None)
            case Forked(pid):
                self._ended[pid] = _future()
                if self._forked is not None:
                    self._forked.set_result(pid)
            case NotForked(reason):
                if self._forked is not None:
                    self._forked.set_exception(TemplateFailed(reason))
            case WorkerEnded(pid, exit_code):
                self._ended[pid].set_result(exit_code)

    def _end(self) -> None:
        self.has_ended = True
        failed = TemplateFailed(_HAS_ENDED)
        for waiting in (self._prepared, self._forked):
            if waiting is not None and not waiting.done():
                waiting.set_exception(failed)
                waiting.exception()  # it may not be awaited
        for ended in self._ended.values():
            if not ended.done():
                ended.set_result(None)


def _future() -> asyncio.Future[Any]:
    return asyncio.get_running_loop().create_future()
