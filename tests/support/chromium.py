"""A headless Chromium that opens pages of a test, and reports what they found."""

import asyncio
import os
import shutil
import subprocess
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

PACKAGE = "chromium-headless-shell"
_NAMES = (PACKAGE, "chromium", "chromium-browser", "google-chrome")
_REPORT = """
<!doctype html><meta charset="utf-8"><title>test</title><body><script>
const report = found => fetch("/report", {method: "POST", body: JSON.stringify(found)});
(async () => {%s})().then(report, error => report({error: String(error)}));
</script>
"""


@cache
def chromium_binary() -> str:
    """Return the browser's path; installs the package if it may, or else skips."""
    found = _found()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _install()
        found = _found()
    if found is None:
        pytest.skip(f"needs the Debian package {PACKAGE}")
    return found


def _found() -> str | None:
    return next(filter(None, map(shutil.which, _NAMES)), None)


def _install() -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (
        ("update", "-qq"),
        ("install", "-y", "-qq", "--no-install-recommends", PACKAGE),
    ):
        outcome = subprocess.run(
            ("apt-get", *arguments),
            env=environment,
            capture_output=True,
            timeout=300,
            check=False,
        )
        if outcome.returncode:
            pytest.skip(f"needs {PACKAGE}, which cannot be installed")


async def found_by_page(script: str, folder: Path) -> Any:
    """Open a page of an origin of its own; return what its script returns."""
    async with _page(_REPORT % script) as (url, report):
        browser = await asyncio.create_subprocess_exec(
            chromium_binary(),
            "--headless",
            # A container has no user namespaces, and the page is the test's own.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--user-data-dir={folder}",
            # It keeps the page open until the process ends.
            "--remote-debugging-port=0",
            url,
            stdout=DEVNULL,
            stderr=DEVNULL,
            start_new_session=True,
        )
        try:
            return await asyncio.wait_for(report, 120)
        finally:
            os.killpg(browser.pid, 9)
            await browser.wait()


@asynccontextmanager
async def _page(html: str) -> AsyncIterator[tuple[str, "asyncio.Future[Any]"]]:
    """Serve a page; the future has what it sends to /report."""
    reported: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"POST /report"):
                length = head.lower().partition(b"content-length:")[2].split()[0]
                sent = await reader.readexactly(int(length))
                if not reported.done():
                    reported.set_result(orjson.loads(sent))
            body = html.encode() if head.startswith(b"GET / ") else b""
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n"
                b"content-length: %d\r\n\r\n%s" % (len(body), body)
            )
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/", reported
    finally:
        server.close()
