"""The accept loop, which takes one connection in each turn of the event loop.

Several processes can listen on one socket. The one that takes everything it finds gets
most of the connections of a burst; one connection each turn shares them evenly.
"""

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Callable
from typing import TypeAlias

_LOG = logging.getLogger("weir.server")
# Errors of the machine's resources, not of the connection.
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_PAUSE_S = 1.0

Accepted: TypeAlias = Callable[[socket.socket, str], None]
"""Takes a connection, and the address of its client, or ""."""


class AcceptLoop:
    """An accept loop that runs from its construction until `stop`."""

    __slots__ = ("_accepted", "_listening", "_loop", "_paused")

    def __init__(
        self,
        listening: socket.socket,
        loop: asyncio.AbstractEventLoop,
        accepted: Accepted,
    ) -> None:
        self._listening = listening
        self._loop = loop
        self._accepted = accepted
        self._paused: asyncio.TimerHandle | None = None
        self._resume()

    def stop(self) -> None:
        """Accept what has connected so far, and close the socket.

        Its clients hold these connections to be open, and may have sent a request; the
        kernel resets them when the socket closes, so that nothing is awaited between.
        """
        self._loop.remove_reader(self._listening)
        if self._paused is not None:
            self._paused.cancel()
        with contextlib.suppress(OSError):
            while True:
                self._take()
        self._listening.close()

    def _resume(self) -> None:
        self._paused = None
        self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        try:
            self._take()
        except OSError as error:
            # Anything else: another process was faster, or the client has left.
            if error.errno in _EXHAUSTED:
                self._pause(error)

    def _take(self) -> None:
        connection, address = self._listening.accept()
        self._accepted(connection, "" if isinstance(address, str) else address[0])

    def _pause(self, error: OSError) -> None:
        """Try again later; until then the kernel queues, and the log stays short."""
        _LOG.error("No connection can be accepted: %s.", error.strerror)
        self._loop.remove_reader(self._listening)
        self._paused = self._loop.call_later(_PAUSE_S, self._resume)
