"""`weir serve` as a process of its own, over real sockets, stopped with the test."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from examples.streaming.ports import environment
from tests.support.demo import ROOT
from tests.support.ports import free_port

DEMO_CONFIG = ROOT / "examples" / "streaming" / "weir.yaml"
WEIR = (sys.executable, "-m", "weir")
READY_TIMEOUT_S = 180.0


def demo_config() -> str:
    """Return the demo's configuration for a file in any folder."""
    text = DEMO_CONFIG.read_text()
    text = text.replace(
        "operations: facades", f"operations: {DEMO_CONFIG.parent}/facades"
    )
    text = text.replace(
        "file: api-keys.json", f"file: {DEMO_CONFIG.parent}/api-keys.json"
    )
    return text.replace("python_path: [../..]", f"python_path: [{ROOT}]")


def patient_demo_config() -> str:
    """Return the demo's configuration without times that a busy machine exceeds.

    An instance that is gone refuses connections at once. So nothing waits for these
    times, and health checks may follow quickly.
    """
    text = demo_config()
    for written, patient in (
        ("server:\n", "server:\n  request_timeout: 60s\n"),
        ("attempt: 1s, total: 2s", "attempt: 50s, total: 55s"),
        ("hedge: {after: 500ms}", "hedge: {after: 50s}"),
        ("interval: 1s, timeout: 500ms", "interval: 250ms, timeout: 50s"),
    ):
        assert text.count(written) == 1, written
        text = text.replace(written, patient)
    return text


@dataclass
class Gateway:
    """A running gateway: its addresses, and what it has logged so far."""

    process: Process
    url: str
    control: str
    log: list[dict[str, Any]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    awaited: int = 0

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def exit_code(self, within_s: float = 30) -> int:
        return await asyncio.wait_for(self.process.wait(), within_s)

    async def logged(self, event: str, within_s: float = 30) -> dict[str, Any]:
        """Wait for a line of this event after the one that was last waited for."""
        async with asyncio.timeout(within_s):
            while True:
                for line in self.log[self.awaited :]:
                    self.awaited += 1
                    if line.get("event") == event:
                        return line
                await asyncio.sleep(0.01)


@asynccontextmanager
async def running_gateway(
    config: Path = DEMO_CONFIG,
    variables: Mapping[str, str] | None = None,
    command: Sequence[str] = WEIR,
    arguments: Sequence[str] = (),
) -> AsyncIterator[Gateway]:
    """Serve `config`, which takes its ports from WEIR_PORT and WEIR_CONTROL."""
    port, control = free_port(), free_port()
    process = await asyncio.create_subprocess_exec(
        *(*command, "serve", "--config", str(config), *arguments),
        cwd=ROOT,
        env={
            **os.environ,
            **(variables or {}),
            "WEIR_PORT": str(port),
            "WEIR_CONTROL": f"127.0.0.1:{control}",
        },
        stdout=PIPE,
        stderr=PIPE,
        limit=2**20,
    )
    gateway = Gateway(
        process, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{control}"
    )
    readers = [
        asyncio.create_task(_read_log(gateway)),
        asyncio.create_task(_read_complaints(gateway)),
    ]
    try:
        await _until_ready(gateway)
        yield gateway
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await asyncio.gather(*readers)


def demo_variables(base_port: int) -> Mapping[str, str]:
    return environment(base_port)


async def _until_ready(gateway: Gateway) -> None:
    async with asyncio.timeout(READY_TIMEOUT_S), httpx.AsyncClient() as http:
        while gateway.process.returncode is None:
            try:
                answer = await http.get(f"{gateway.control}/ready")
            except httpx.TransportError:
                pass
            else:
                if answer.status_code == httpx.codes.OK:
                    return
            await asyncio.sleep(0.05)
    raise AssertionError("\n".join(["the gateway ended:", *gateway.complaints]))


async def _read_log(gateway: Gateway) -> None:
    assert gateway.process.stdout is not None
    async for line in gateway.process.stdout:
        gateway.log.append(json.loads(line))


async def _read_complaints(gateway: Gateway) -> None:
    assert gateway.process.stderr is not None
    async for line in gateway.process.stderr:
        gateway.complaints.append(line.decode().rstrip())
