"""The accept loop, which takes one connection in each turn of the event loop.

Several processes can listen on one socket. The one that takes everything it finds gets
most of the connections of a burst. So each takes one connection at a time, and none
while another has fewer.
"""

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Callable
from typing import Protocol, TypeAlias

_LOG = logging.getLogger("weir.server")
# Errors of the machine's resources, not of the connection.
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_PAUSE_S = 1.0
# The socket stays readable for a process that leaves a connection to another one.
_OTHERS_FIRST_S = 0.005

Accepted: TypeAlias = Callable[[socket.socket, str], None]
"""Takes a connection, and the address of its client, or ""."""


class AcceptShare(Protocol):
    """The share of a process in the connections of a listening socket."""

    def may_accept(self) -> bool:
        """Return whether this process is to accept a connection now."""
        ...

    def count(self, connections: int) -> None:
        """Note how many connections this process has."""
        ...


class WholeShare:
    """The share of the only process that listens."""

    def may_accept(self) -> bool:
        return True

    def count(self, connections: int) -> None:
        del connections


class AcceptLoop:
    """An accept loop that runs from its construction until `stop` or `leave`."""

    __slots__ = ("_accepted", "_listening", "_loop", "_paused", "_share")

    def __init__(
        self,
        listening: socket.socket,
        loop: asyncio.AbstractEventLoop,
        accepted: Accepted,
        share: AcceptShare,
    ) -> None:
        self._listening = listening
        self._loop = loop
        self._accepted = accepted
        self._share = share
        self._paused: asyncio.TimerHandle | None = None
        self._resume()

    def stop(self) -> None:
        """Accept what has connected so far, and close the socket.

        Its clients hold these connections to be open, and may have sent a request; the
        kernel resets them when the socket closes, so that nothing is awaited between.
        """
        self._pause_until_closed()
        with contextlib.suppress(OSError):
            while True:
                self._take()
        self._listening.close()

    def leave(self) -> None:
        """Close the socket; the other processes accept the clients that wait."""
        self._pause_until_closed()
        self._listening.close()

    def _pause_until_closed(self) -> None:
        self._loop.remove_reader(self._listening)
        if self._paused is not None:
            self._paused.cancel()

    def _resume(self) -> None:
        self._paused = None
        self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        if not self._share.may_accept():
            self._pause(_OTHERS_FIRST_S)
            return
        try:
            self._take()
        except OSError as error:
            # Anything else: another process was faster, or the client has left.
            if error.errno in _EXHAUSTED:
                # The kernel queues until then, and the log stays short.
                _LOG.error("No connection can be accepted: %s.", error.strerror)
                self._pause(_PAUSE_S)

    def _take(self) -> None:
        connection, address = self._listening.accept()
        self._accepted(connection, "" if isinstance(address, str) else address[0])

    def _pause(self, seconds: float) -> None:
        self._loop.remove_reader(self._listening)
        self._paused = self._loop.call_later(seconds, self._resume)
