"""A real redis-server on a free port, to be killed, frozen and started again."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from signal import SIGCONT, SIGKILL, SIGSTOP

import pytest
from redis.asyncio import Redis

from tests.support.ports import free_port

PACKAGE = "redis-server"


@cache
def redis_binary() -> str:
    """Return the server's path; installs the package if it may, or else skips."""
    found = shutil.which("redis-server")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _install()
        found = shutil.which("redis-server")
    if found is None:
        pytest.skip(f"needs the Debian package {PACKAGE}")
    return found


def _install() -> None:
    # Starting it as a service would be refused in a container, or be in the way.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for arguments in (
        ("update", "-qq"),
        ("install", "-y", "-qq", "--no-install-recommends", PACKAGE),
    ):
        outcome = subprocess.run(
            ("apt-get", *arguments),
            env=environment,
            capture_output=True,
            timeout=120,
            check=False,
        )
        if outcome.returncode:
            print(outcome.stderr.decode(errors="replace"), file=sys.stderr)  # noqa: T201 - why the tests will skip
            return


class RedisServer:
    """One server without persistence; on a second start it is empty."""

    def __init__(self, password: str = "") -> None:
        self.port = free_port()
        self._password = password
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        user = f":{self._password}@" if self._password else ""
        return f"redis://{user}127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        arguments = (
            *(redis_binary(), "--port", str(self.port), "--bind", "127.0.0.1"),
            *("--save", "", "--appendonly", "no", "--dir", "/tmp"),  # noqa: S108 - nothing is saved
            *(("--requirepass", self._password) if self._password else ()),
        )
        self._process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)  # noqa: ASYNC220 - outlives a test's loop
        async with asyncio.timeout(10):
            while not await self._answers():  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.02)

    async def until_stored(self, keys: str) -> None:
        """Wait for a key of this pattern; what gateways put is not awaited by them."""
        async with asyncio.timeout(30), Redis.from_url(self.url) as redis:
            while not await redis.keys(keys):  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.01)

    async def kill(self) -> None:
        self._signal(SIGKILL)
        if self._process is not None:
            await asyncio.to_thread(self._process.wait)

    def freeze(self) -> None:
        self._signal(SIGSTOP)

    def thaw(self) -> None:
        self._signal(SIGCONT)

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    async def _answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except ConnectionError:
            return False
        writer.write(b"PING\r\n")
        line = await reader.readline()
        writer.close()
        return line.startswith((b"+PONG", b"-NOAUTH"))


@asynccontextmanager
async def running_redis(password: str = "") -> AsyncIterator[RedisServer]:
    server = RedisServer(password)
    await server.start()
    try:
        yield server
    finally:
        await server.kill()
