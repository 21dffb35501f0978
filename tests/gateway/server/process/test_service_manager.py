"""What the service manager is told, and the socket that it hands over."""

import asyncio
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.conditions import until
from weir.gateway.server.process.service_manager import (
    ServiceManager,
    inherited_socket,
)

ME = str(os.getpid())


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(0)
        yield listening


def received(manager: socket.socket) -> list[str]:
    found: list[str] = []
    while True:
        try:
            found.append(manager.recv(1000).decode())
        except BlockingIOError:
            return found


async def test_the_manager_knows_when_the_process_is_ready_and_when_it_stops(
    manager: socket.socket,
) -> None:
    told = ServiceManager({"NOTIFY_SOCKET": manager.getsockname()})
    told.ready()
    told.stopping()

    assert received(manager) == ["READY=1", "STOPPING=1"]


async def test_an_abstract_address_starts_with_an_at_sign() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        name = f"weir-test-{ME}"
        listening.bind(f"\0{name}")
        listening.settimeout(0)

        ServiceManager({"NOTIFY_SOCKET": f"@{name}"}).ready()

        assert received(listening) == ["READY=1"]


async def test_the_watchdog_hears_of_the_loop_until_the_process_stops(
    manager: socket.socket,
) -> None:
    environment = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "2000"}
    told = ServiceManager(environment)
    told.ready()
    await until(lambda: "WATCHDOG=1" in received(manager))
    await until(lambda: "WATCHDOG=1" in received(manager))
    told.stopping()
    assert "STOPPING=1" in received(manager)
    await asyncio.sleep(0.02)

    assert received(manager) == []


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"WATCHDOG_USEC": "many"},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"},
    ],
)
async def test_there_is_no_watchdog_without_a_time_for_this_process(
    manager: socket.socket, variables: Mapping[str, str]
) -> None:
    told = ServiceManager({"NOTIFY_SOCKET": manager.getsockname(), **variables})
    told.ready()
    await asyncio.sleep(0.01)

    assert received(manager) == ["READY=1"]


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "/nowhere/notify"}])
async def test_a_missing_manager_changes_nothing(
    environment: Mapping[str, str],
) -> None:
    told = ServiceManager(environment)
    told.ready()
    told.stopping()


@pytest.mark.parametrize(
    "environment", [{}, {"LISTEN_FDS": "1"}, {"LISTEN_FDS": "1", "LISTEN_PID": "1"}]
)
def test_sockets_of_other_processes_are_not_taken(
    environment: Mapping[str, str],
) -> None:
    assert inherited_socket(environment) is None


@pytest.mark.parametrize("number", ["0", "2", "many", ""])
def test_there_is_one_socket_for_the_data_port(number: str) -> None:
    with pytest.raises(OSError, match="expected one socket"):
        inherited_socket({"LISTEN_PID": ME, "LISTEN_FDS": number})
