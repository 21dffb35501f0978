"""Opens connections to one origin."""

import asyncio
import os
from collections.abc import Callable
from typing import TypeVar

from gateway.clock import Clock
from gateway.transport.origin import Origin
from gateway.transport.tls import TlsClient
from gateway.upstreams.errors import UpstreamConnectFailed, UpstreamTimeout
from gateway.upstreams.policy import UpstreamPolicy

AnyProtocol = TypeVar("AnyProtocol", bound=asyncio.Protocol)


class Dialer:
    """Opens TCP or TLS connections, within the connect timeout and a deadline."""

    def __init__(self, origin: Origin, policy: UpstreamPolicy, clock: Clock) -> None:
        self._origin = origin
        self._connect_s = policy.timeout.connect_s
        self._clock = clock
        self._tls = TlsClient(policy.tls) if origin.secure else None
        self._server_name = policy.tls.server_name or origin.host

    async def dial(
        self, new_protocol: Callable[[], AnyProtocol], deadline_s: float
    ) -> AnyProtocol:
        """Return a connected protocol.

        Raises `UpstreamConnectFailed`, or `UpstreamTimeout` where it is the caller's
        deadline that has passed.
        """
        left_s = deadline_s - self._clock.monotonic_s()
        timeout_s = min(left_s, self._connect_s)
        try:
            async with asyncio.timeout(timeout_s):
                return await self._connect(new_protocol)
        except TimeoutError as error:
            msg = f"{self._origin.url}: not connected within {timeout_s:.3f} s"
            if timeout_s == left_s:
                raise UpstreamTimeout(msg) from error
            raise UpstreamConnectFailed(msg) from error
        except OSError as error:
            msg = f"{self._origin.url}: {_reason(error)}"
            raise UpstreamConnectFailed(msg) from error

    async def _connect(self, new_protocol: Callable[[], AnyProtocol]) -> AnyProtocol:
        _, protocol = await asyncio.get_running_loop().create_connection(
            new_protocol,
            self._origin.host,
            self._origin.port,
            ssl=self._tls.context() if self._tls else None,
            server_hostname=self._server_name if self._tls else None,
        )
        return protocol


def _reason(error: OSError) -> str:
    """Say what the system said; asyncio's own words name only the address."""
    if isinstance(error, ConnectionError) and error.errno:
        return os.strerror(error.errno)
    return error.strerror or str(error)
