"""Instances as processes of their own, to be killed, stopped and started again."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP

CHAOS_SERVER = Path(__file__).parent / "chaos_server.py"


class Process:
    """One instance; on its second start it listens where it did on its first."""

    def __init__(self, script: Path, *arguments: str) -> None:
        self._script = script
        self._arguments = arguments
        self._process: asyncio.subprocess.Process | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(self._script), str(self.port), *self._arguments),
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self.port = int(await self._process.stdout.readline())

    async def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(SIGKILL)
        await self._process.wait()

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(SIGCONT)


@asynccontextmanager
async def running(*processes: Process) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for process in processes:
            await process.start()
            stack.push_async_callback(process.kill)
        yield


def misbehaving(*modes: str) -> tuple[Process, ...]:
    """Return an instance for each mode of the chaos server."""
    return tuple(
        Process(CHAOS_SERVER, mode, str(seed)) for seed, mode in enumerate(modes)
    )
