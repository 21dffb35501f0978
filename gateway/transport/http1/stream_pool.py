"""The idle connections of streams to one origin.

Streams are long, and have no slots of the pool for calls. After a complete exchange,
their connection can be used again: to open one costs a round trip, and more with TLS.
"""

from collections import deque

from weir.gateway.clock import Clock
from weir.gateway.transport.http1.keep_alive import idle_limit_s
from weir.gateway.transport.http1.stream_connection import StreamConnection
from weir.gateway.transport.policy import ConnectionPolicy


class StreamPool:
    """Idle connections; the most recently used is taken first."""

    def __init__(self, policy: ConnectionPolicy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._idle: deque[StreamConnection] = deque()
        self._closed = False

    def take(self) -> StreamConnection | None:
        """Return an open connection, or None."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                connection.stop_expiry()
                return connection
        return None

    def release(self, connection: StreamConnection) -> None:
        """Take a connection after its exchange, or close it."""
        now_s = self._clock.monotonic_s()
        is_old = now_s - connection.opened_s > self._policy.lifetime_s
        if self._closed or is_old or len(self._idle) >= self._policy.max_open:
            connection.abort()
        else:
            self._idle.append(connection)
            idle_s = idle_limit_s(connection.reply.lines, self._policy.idle_s)
            connection.expire_in(idle_s)

    def discard(self, connection: StreamConnection) -> None:
        """Remove a connection that was closed."""
        if connection in self._idle:
            self._idle.remove(connection)

    def close(self) -> None:
        """Close the idle connections; those in use are closed after their exchange."""
        self._closed = True
        while self._idle:
            self._idle.pop().abort()
