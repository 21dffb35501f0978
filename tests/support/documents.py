"""What a page of documentation tells its reader to type, and what comes of it."""

import asyncio
import json
import os
import re
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.demo import ROOT

START_TIMEOUT_S = 90.0
RUN_TIMEOUT_S = 60.0
_FENCE = re.compile(r"^```(\w+) ?(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"^# ([\w./]+\.\w+)\n")
_CONTINUED = re.compile(r"\\\n\s*")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, the word after it, its text."""

    language: str
    word: str
    text: str

    @property
    def file(self) -> str | None:
        """The name in the first line's comment, of a block that is a file."""
        named = _NAMED.match(self.text)
        return named and named[1]

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands one by one, without comments."""
        lines = _CONTINUED.sub("", self.text).splitlines()
        return tuple(line for line in lines if line and not line.startswith("#"))


def blocks(markdown: str) -> Iterator[Block]:
    for match in _FENCE.finditer(markdown):
        yield Block(match[1], match[2], match[3])


def section(markdown: str, heading: str, until: str | None = None) -> str:
    """The text from one second-level heading to another, or to the end."""
    begin = markdown.index(f"\n## {heading}\n")
    end = len(markdown) if until is None else markdown.index(f"\n## {until}\n")
    return markdown[begin:end]


@dataclass
class Reader:
    """Does what a page says, in `folder`, on ports that are free here.

    `ports` are the page's ports, each with the one that is used instead.
    """

    folder: Path
    ports: Mapping[int, int]
    variables: Mapping[str, str] = field(default_factory=dict)
    servers: list[Process] = field(default_factory=list)
    output: str = ""

    async def follow(self, page: str) -> None:
        """Do all of a page; what it prints as an outcome must come of it."""
        for block in blocks(page):
            await self._follow(block)

    async def _follow(self, block: Block) -> None:
        match block.language, block.word:
            case "sh", "server":
                await self.serve(block.text)
            case "sh", "":
                for command in block.commands:
                    self.output = await self.run(command)
            case "json", "":
                assert json.loads(self.output) == json.loads(block.text), self.output
            case "text", "":
                assert self.output.strip() == block.text.strip(), self.output
            case _:
                assert block.file is not None, f"what is to be done with {block}?"
                self.save(block.file, block.text)

    def save(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.moved(text))

    async def run(self, command: str) -> str:
        """Run a command to its end; one that fails is a failure."""
        process = await self._start(command, PIPE, PIPE)
        output, errors = await asyncio.wait_for(process.communicate(), RUN_TIMEOUT_S)
        assert process.returncode == 0, f"{command}\n{errors.decode()}"
        if command.startswith("weir init"):
            # The command names no port of the gateway: they are those of the page.
            self.save("weir.yaml", (self.folder / "weir.yaml").read_text())
        return output.decode()

    async def serve(self, command: str) -> None:
        """Start a server, and wait until it answers at the first port that it names.

        A server that names none is the gateway, known by its control port.
        """
        named = [port for port in self.ports if str(port) in command]
        port = self.ports[named[0] if named else 4001]
        with (self.folder / f"{port}.log").open("wb") as log:
            process = await self._start(f"exec {command}", log.fileno(), STDOUT)
        self.servers.append(process)
        await self._until_answered(process, port)

    async def _until_answered(self, process: Process, port: int) -> None:
        async with asyncio.timeout(START_TIMEOUT_S), httpx.AsyncClient() as http:
            while process.returncode is None:
                if await is_ready(http, f"http://127.0.0.1:{port}/ready"):
                    return
                await asyncio.sleep(0.05)
        raise AssertionError((self.folder / f"{port}.log").read_text())

    async def _start(self, command: str, stdout: int, stderr: int) -> Process:
        bin_folder = Path(sys.executable).parent
        return await asyncio.create_subprocess_exec(
            *("bash", "-c", self.moved(command)),
            cwd=self.folder,
            env={
                **os.environ,
                **self.variables,
                "PATH": f"{bin_folder}:{os.environ['PATH']}",
                # The command `weir` is that of this checkout, wherever it is installed.
                "PYTHONPATH": str(ROOT),
            },
            stdin=asyncio.subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        )

    def moved(self, text: str) -> str:
        """`text` with this reader's ports."""
        numbers = "|".join(map(str, self.ports))
        return re.sub(
            rf"\b({numbers})\b", lambda found: str(self.ports[int(found[1])]), text
        )

    async def stop(self) -> None:
        for server in self.servers:
            if server.returncode is None:
                server.kill()
            await server.wait()


async def is_ready(http: httpx.AsyncClient, url: str) -> bool:
    """Say whether a server is there; one without such an endpoint always is."""
    try:
        answer = await http.get(url)
    except httpx.TransportError:
        return False
    return answer.status_code in {httpx.codes.OK, httpx.codes.NOT_FOUND}
