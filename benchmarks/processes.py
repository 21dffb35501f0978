"""Servers on separate cores, and the CPU that they use.

The gateway uses one core; the services, the load and this process use the other. Other
work of the machine then adds little to a figure that counts only the gateway's CPU.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError

ROOT = Path(__file__).resolve().parent.parent
READY_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Cores:
    """The core of the gateway, and the core of all other processes."""

    gateway: int
    others: int


def own_cores() -> Cores:
    """Return the first two cores; both are the same on a machine with one."""
    cores = sorted(os.sched_getaffinity(0))
    return Cores(cores[0], cores[min(1, len(cores) - 1)])


@contextmanager
def python(
    arguments: Sequence[str],
    core: int,
    ready_url: str,
    variables: Mapping[str, str] | None = None,
    folder: Path = ROOT,
) -> Iterator[int]:
    """Run a Python server on `core` until the block ends; yield its pid.

    Its modules are those of `folder`.
    """
    server = subprocess.Popen(  # noqa: S603 - our own modules
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **(variables or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        os.sched_setaffinity(server.pid, {core})
        _until_ready(server, ready_url)
        yield server.pid
    finally:
        server.terminate()
        server.wait()


def _until_ready(server: subprocess.Popen[bytes], url: str) -> None:
    deadline_s = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline_s:
        if server.poll() is not None:
            message = f"{server.args!r} ended with {server.returncode}"
            raise RuntimeError(message)
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - loopback
                return
        except HTTPError as error:
            # The server runs; its response to this request is not valid.
            if error.code < 500:  # noqa: PLR2004
                return
        except (URLError, OSError):
            pass
        time.sleep(0.1)
    message = f"{url} does not respond"
    raise RuntimeError(message)


@contextmanager
def redis_server() -> Iterator[int]:
    """Run Redis, which saves nothing, until the block ends; yield its port."""
    port = free_port()
    server = subprocess.Popen(  # noqa: S603 - our own arguments
        ["redis-server", "--port", str(port), "--save", "", "--appendonly", "no"],  # noqa: S607 - the machine's
        stdout=subprocess.DEVNULL,
    )
    try:
        _until_accepting(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def _until_accepting(port: int) -> None:
    deadline_s = time.monotonic() + READY_TIMEOUT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.1)
        else:
            return


def cpu_s(pid: int) -> float:
    """Return the CPU time of all threads of a process, in steps of nanoseconds."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(each.read_text().split()[0]) for each in tasks) / 1e9


def peak_mib(pid: int) -> float:
    """Return the largest resident memory of a process so far."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = (each for each in status.splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
