"""The service manager of the machine, such as systemd, by its environment variables.

sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3). A library would bind to
libsystemd, which an image does not have; the protocol is one datagram of text.
"""

import asyncio
import os
import socket
from collections.abc import Mapping
from typing import Final

_FIRST_DESCRIPTOR: Final = 3


class ServiceManager:
    """Reports the phases of this process; without a manager, does nothing."""

    __slots__ = ("_address", "_period_s", "_watchdog")

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._period_s = _watchdog_period_s(environment)
        self._watchdog: asyncio.TimerHandle | None = None

    def ready(self) -> None:
        """Report that all ports are served, and then that the event loop runs."""
        self._send("READY=1")
        if self._address and self._period_s is not None:
            self._alive(self._period_s)

    def stopping(self) -> None:
        """Report that the process drains; the manager then has its own time limit."""
        self._send("STOPPING=1")
        if self._watchdog is not None:
            self._watchdog.cancel()

    def _alive(self, period_s: float) -> None:
        self._send("WATCHDOG=1")
        loop = asyncio.get_running_loop()
        self._watchdog = loop.call_later(period_s, self._alive, period_s)

    def _send(self, state: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.settimeout(0)
                manager.sendto(state.encode(), self._address)
        except OSError:
            # A manager that does not listen must not end a gateway that serves.
            return


def _watchdog_period_s(environment: Mapping[str, str]) -> float | None:
    """Return half the time after which the manager ends a silent process."""
    time = environment.get("WATCHDOG_USEC", "")
    process = environment.get("WATCHDOG_PID", "")
    if not time.isdecimal() or (process and process != str(os.getpid())):
        return None
    return int(time) / 2_000_000 or None


def inherited_socket(
    environment: Mapping[str, str] = os.environ,
) -> socket.socket | None:
    """Return the socket that the manager has opened for this process.

    Raises OSError: it is not one listening stream socket.
    """
    if environment.get("LISTEN_PID") != str(os.getpid()):
        return None
    if environment.get("LISTEN_FDS") != "1":
        message = "expected one socket from the service manager, for the data port"
        raise OSError(message)
    opened = socket.socket(fileno=_FIRST_DESCRIPTOR)
    if opened.type != socket.SOCK_STREAM:
        message = "the socket from the service manager is not a stream socket"
        raise OSError(message)
    opened.set_inheritable(False)
    return opened
