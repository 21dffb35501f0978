"""Pages in a headless Chromium, driven by the DevTools protocol over pipes.

https://chromedevtools.github.io/devtools-protocol/
"""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from tests.support.chromium import chromium_binary

_LIMIT_S = 90.0
_REMOTE = {"http", "https", "ws", "wss"}
_AT_3_AND_4 = """
import fcntl, os, sys
pipes = [fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3]]
for number, pipe in zip((3, 4), pipes):
    os.dup2(pipe, number)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Starts the browser with the pipes at the descriptors that it reads and writes."""


class Page:
    """A tab, its requests, and what its documents and workers report."""

    def __init__(self, browser: "Browser", session: str) -> None:
        self._browser = browser
        self._sessions = {session}
        self._session = session
        self.requests: list[str] = []
        self.violations: list[Any] = []
        self.exceptions: list[str] = []

    def outside(self, url: str) -> list[str]:
        """Return the requests to other hosts than that of `url`."""
        own = urlsplit(url).netloc
        return [
            each
            for each in self.requests
            if urlsplit(each).scheme in _REMOTE and urlsplit(each).netloc != own
        ]

    async def open(self, url: str) -> None:
        await self._send("Page.navigate", url=url)

    async def evaluate(self, script: str) -> Any:
        """Return the value of an expression, or of its promise."""
        found = await self._send(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        return found["result"].get("value")

    async def until(self, script: str) -> Any:
        """Wait until an expression has a value that is true; return it."""
        async with asyncio.timeout(_LIMIT_S):
            while not (found := await self.evaluate(script)):  # noqa: ASYNC110 - of a page
                await asyncio.sleep(0.1)
        return found

    async def press(self, key: str, code: int, modifiers: int = 0) -> None:
        for kind in ("rawKeyDown", "keyUp"):
            await self._send(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                windowsVirtualKeyCode=code,
                modifiers=modifiers,
            )

    async def screenshot(self, file: Path, width: int, height: int) -> None:
        await self._send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        await asyncio.sleep(0.5)  # the layout of the editors
        shot = await self._send(
            "Page.captureScreenshot", format=file.suffix[1:], optimizeForSpeed=False
        )
        await asyncio.to_thread(file.write_bytes, b64decode(shot["data"]))

    async def receive(self, event: dict[str, Any]) -> None:
        if event.get("sessionId") not in self._sessions:
            return
        parameters = event["params"]
        match event["method"]:
            case "Target.attachedToTarget":
                session = parameters["sessionId"]
                self._sessions.add(session)
                await self._browser.watch(session)
            case "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])
            case "Audits.issueAdded":
                issue = parameters["issue"]
                if issue["code"] == "ContentSecurityPolicyIssue":
                    self.violations.append(issue["details"])
            case "Runtime.exceptionThrown":
                details = parameters["exceptionDetails"]
                thrown = details.get("exception", {}).get("description", "")
                self.exceptions.append(f"{details['text']} {thrown}")
            case _:
                pass

    async def _send(self, method: str, **parameters: Any) -> Any:
        return await self._browser.send(method, self._session, **parameters)


class Browser:
    """A running browser."""

    def __init__(self, reader: asyncio.StreamReader, file: int) -> None:
        self._reader = reader
        self._file = file
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._pages: list[Page] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def page(self) -> Page:
        target = await self.send("Target.createTarget", url="about:blank")
        attached = await self.send(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        session = attached["sessionId"]
        page = Page(self, session)
        self._pages.append(page)
        await self.send("Page.enable", session)
        await self.watch(session)
        return page

    async def watch(self, session: str) -> None:
        """Let a page or a worker report its requests, and those of its workers."""
        for method in ("Network.enable", "Runtime.enable"):
            await self.send(method, session)
        await self.send(
            "Target.setAutoAttach",
            session,
            autoAttach=True,
            waitForDebuggerOnStart=True,
            flatten=True,
        )
        await self.send("Audits.enable", session)
        await self.send("Runtime.runIfWaitingForDebugger", session)

    async def send(self, method: str, session: str = "", **parameters: Any) -> Any:
        number = len(self._waiting)
        self._waiting[number] = future = asyncio.get_running_loop().create_future()
        command: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        os.write(self._file, orjson.dumps(command) + b"\0")
        async with asyncio.timeout(_LIMIT_S):
            return await future

    async def read(self) -> None:
        """Read responses and events until the browser ends."""
        try:
            while True:
                message = orjson.loads((await self._reader.readuntil(b"\0"))[:-1])
                if "id" in message:
                    # Workers do not have all domains; the rest is an empty result.
                    self._waiting[message["id"]].set_result(message.get("result", {}))
                    continue
                for page in self._pages:
                    task = asyncio.create_task(page.receive(message))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
        except asyncio.IncompleteReadError:
            pass


@asynccontextmanager
async def running_browser(folder: Path) -> AsyncIterator[Browser]:
    """Run a browser with its profile in `folder`; it finds no other host."""
    (to_browser, ours), (theirs, from_browser) = os.pipe(), os.pipe()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _AT_3_AND_4,
        str(to_browser),
        str(from_browser),
        chromium_binary(),
        "--headless",
        # A container has no user namespaces, and the pages are the test's own.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE *.localhost",
        f"--user-data-dir={folder}",
        "--remote-debugging-pipe",
        stdout=DEVNULL,
        stderr=DEVNULL,
        pass_fds=(to_browser, from_browser),
        start_new_session=True,
    )
    os.close(to_browser)
    os.close(from_browser)
    reader = asyncio.StreamReader(limit=64 * 1024 * 1024)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(theirs, "rb")
    )
    browser = Browser(reader, ours)
    reading = asyncio.create_task(browser.read())
    try:
        yield browser
    finally:
        os.killpg(process.pid, 9)
        await process.wait()
        reading.cancel()
        transport.close()
        os.close(ours)
