"""Connection establishment with one origin.

A name may have several addresses, and the first one may not respond. After
`_ATTEMPT_DELAY_S` the next one is tried in parallel, with both address families in
turn. The first established connection is used (RFC 8305, "happy eyeballs").
"""

import asyncio
import os
import socket
import ssl
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Final, TypeAlias, TypeVar

from aiohappyeyeballs import (
    start_connection,  # pyright: ignore[reportUnknownVariableType] - bare tuples
)

from weir.gateway.clock import Clock
from weir.gateway.transport.errors import UpstreamConnectFailed, UpstreamTimeout
from weir.gateway.transport.origin import Origin
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.transport.tls import TlsClient

AnyProtocol = TypeVar("AnyProtocol", bound=asyncio.Protocol)

_SocketAddress: TypeAlias = (
    tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
)
_Address: TypeAlias = tuple[int, int, int, str, _SocketAddress]
"""A result of getaddrinfo: family, type, protocol, canonical name, socket address."""

_ATTEMPT_DELAY_S: Final = 0.25
"""The recommendation of RFC 8305 §5."""

_NOT_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"})
"""The reasons of OpenSSL for bytes that are not TLS, by its version."""


class Dialer:
    """A factory of TCP or TLS connections, within the connect timeout and a deadline.

    With TLS, `alpn` lists the protocols to offer (RFC 7301).
    """

    def __init__(
        self,
        origin: Origin,
        policy: TransportPolicy,
        clock: Clock,
        alpn: tuple[str, ...] = ("http/1.1",),
    ) -> None:
        self._origin = origin
        self._connect_s = policy.connect_s
        # With a short timeout, the second address must still get a part of it.
        self._attempt_delay_s = min(_ATTEMPT_DELAY_S, self._connect_s / 4)
        self._clock = clock
        self._tls = TlsClient(policy.tls, alpn) if origin.secure else None
        self._server_name = policy.tls.server_name or origin.host
        self._literal = _literal_address(origin)

    async def dial(
        self, new_protocol: Callable[[], AnyProtocol], deadline_s: float
    ) -> AnyProtocol:
        """Return a connected protocol.

        Raise `UpstreamConnectFailed`, or `UpstreamTimeout` if the caller's deadline has
        passed.
        """
        left_s = deadline_s - self._clock.monotonic_s()
        timeout_s = min(left_s, self._connect_s)
        try:
            async with asyncio.timeout(timeout_s):
                return await self._connect(new_protocol)
        except TimeoutError as error:
            message = f"{self._origin.url}: not connected within {timeout_s:.3f} s"
            if timeout_s == left_s:
                raise UpstreamTimeout(message) from error
            raise UpstreamConnectFailed(message) from error
        except OSError as error:
            message = f"{self._origin.url}: {_reason(error)}"
            raise UpstreamConnectFailed(message) from error
        except UnicodeError as error:
            message = f"{self._origin.url}: not the name of a host"
            raise UpstreamConnectFailed(message) from error

    async def _connect(self, new_protocol: Callable[[], AnyProtocol]) -> AnyProtocol:
        loop = asyncio.get_running_loop()
        sock = await start_connection(
            await self._addresses(loop),
            happy_eyeballs_delay=self._attempt_delay_s,
            loop=loop,
        )
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _, protocol = await loop.create_connection(
            new_protocol,
            sock=sock,
            ssl=self._tls.context() if self._tls else None,
            server_hostname=self._server_name if self._tls else None,
        )
        return protocol

    async def _addresses(self, loop: asyncio.AbstractEventLoop) -> Sequence[_Address]:
        """Return the addresses of the origin; resolve a name in a thread."""
        if self._literal is not None:
            return (self._literal,)
        return await loop.getaddrinfo(
            self._origin.host, self._origin.port, type=socket.SOCK_STREAM
        )


def _literal_address(origin: Origin) -> _Address | None:
    """Return the origin's address, or None if its host is a name."""
    try:
        address = ip_address(origin.host)
    except ValueError:
        return None
    if "%" in origin.host:
        return None  # the resolver finds the zone of a link-local address
    socket_address: _SocketAddress
    if address.version == 4:  # noqa: PLR2004 - the version of the protocol
        family, socket_address = socket.AF_INET, (origin.host, origin.port)
    else:
        family, socket_address = socket.AF_INET6, (origin.host, origin.port, 0, 0)
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", socket_address


def _reason(error: OSError) -> str:
    """Return the message of the system; asyncio's message only has the address."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    if isinstance(error, ssl.SSLError) and error.reason in _NOT_TLS:
        return "it does not speak TLS at this port"
    if isinstance(error, ConnectionError) and error.errno:
        return os.strerror(error.errno)
    return error.strerror or str(error)
