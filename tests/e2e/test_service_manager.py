"""`weir serve` under a service manager: the data port and the notifications are its."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx

from tests.support.demo import ROOT
from tests.support.ports import free_port

CONFIG = """
server: {port: PORT, control: "127.0.0.1:0", drain_delay: 0s}
upstreams: {books: {instances: ["http://127.0.0.1:9"]}}
subgraphs: {books: {upstream: books, sdl: books.graphql}}
facades: {web: {path: /web}}
"""
START = """
import os, sys
socket, config = sys.argv[1:]
if socket != "3":
    os.dup2(int(socket), 3)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.executable, [sys.executable, *"-m weir serve --config".split(), config])
"""


def next_of(manager: socket.socket, wanted: bytes) -> None:
    while manager.recv(1000) != wanted:
        pass


def test_a_process_takes_its_port_and_tells_its_phases(tmp_path: Path) -> None:
    (tmp_path / "books.graphql").write_text("type Query { book: String }")
    config = tmp_path / "weir.yaml"
    config.write_text(CONFIG.replace("PORT", str(free_port())))
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
        socket.create_server(("127.0.0.1", 0)) as opened,
    ):
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        address = opened.getsockname()
        environment = {
            **os.environ,
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "200000",
            "LISTEN_FDS": "1",
        }
        process = subprocess.Popen(
            [sys.executable, "-c", START, str(opened.fileno()), str(config)],
            cwd=ROOT,
            env=environment,
            pass_fds=[opened.fileno()],
        )
        try:
            next_of(manager, b"READY=1")
            next_of(manager, b"WATCHDOG=1")
            opened.close()
            query = {"query": "{ __typename }"}
            response = httpx.post(
                f"http://{address[0]}:{address[1]}/web/graphql", json=query
            )
            process.send_signal(signal.SIGTERM)
            next_of(manager, b"STOPPING=1")
            assert process.wait(60) == 0
        finally:
            process.kill()

    assert response.json() == {"data": {"__typename": "Query"}}


def test_sockets_that_have_no_use_are_refused(tmp_path: Path) -> None:
    (tmp_path / "books.graphql").write_text("type Query { book: String }")
    config = tmp_path / "weir.yaml"
    config.write_text(CONFIG.replace("PORT", str(free_port())))

    done = subprocess.run(
        [sys.executable, "-c", START, "3", str(config)],
        cwd=ROOT,
        env={**os.environ, "LISTEN_FDS": "2"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 2
    assert "LISTEN_FDS: expected one socket" in done.stderr
