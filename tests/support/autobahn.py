"""The test suite of Autobahn for WebSocket, which runs on Python 2.7 alone."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.ports import free_port

_RUN = """\
import site, sys
site.addsitedir(sys.argv[1])
sys.argv = ["wstest"] + sys.argv[2:]
from autobahntestsuite import wstest
wstest.run()
"""


@dataclass(frozen=True)
class Autobahn:
    """The suite, installed into a folder."""

    python: tuple[str, ...]
    variables: dict[str, str]
    folder: Path

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        packages = str(self.folder / "packages")
        return subprocess.Popen(
            (*self.python, "-c", _RUN, packages, *arguments),
            cwd=self.folder,
            env=self.variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def autobahn(folder: Path) -> Autobahn:
    """Return the suite, installed from the package index; skips without Python 2.7."""
    variables = dict(os.environ)
    if (version := _version_of_pyenv()) is not None:
        variables["PYENV_VERSION"] = version
    python = shutil.which("python2.7")
    if python is None or not _runs((python, "-c", ""), variables):
        pytest.skip("needs Python 2.7")
    install = ("-m", "pip", "install", "-q", "--target", str(folder / "packages"))
    if not _runs((python, *install, "autobahntestsuite"), variables):
        pytest.skip("autobahntestsuite cannot be installed")
    return Autobahn((python,), variables, folder)


@asynccontextmanager
async def echo_server(suite: Autobahn) -> AsyncIterator[str]:
    """Run the echo server of the suite, which compresses as well."""
    port = free_port()
    uri = f"ws://127.0.0.1:{port}"
    process = suite.start("--mode", "testeeserver", "--wsuri", uri)
    try:
        await _listening(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


async def _listening(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return


def report(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the outcome of each case, from the report of one server."""
    index: dict[str, dict[str, dict[str, Any]]] = json.loads(
        (folder / "reports" / "index.json").read_text()
    )
    (cases,) = index.values()
    return cases


def _version_of_pyenv() -> str | None:
    if shutil.which("pyenv") is None:
        return None
    listed = subprocess.run(
        ("pyenv", "versions", "--bare"), capture_output=True, text=True, check=False
    )
    found = (line.strip() for line in listed.stdout.splitlines())
    return next((each for each in found if each.startswith("2.7")), None)


def _runs(command: tuple[str, ...], variables: dict[str, str]) -> bool:
    done = subprocess.run(
        command, env=variables, capture_output=True, timeout=600, check=False
    )
    return done.returncode == 0
