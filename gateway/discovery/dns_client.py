"""A DNS client that uses UDP, and TCP for truncated responses."""

import asyncio
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from secrets import randbelow
from typing import Final, Protocol, TypeAlias

from weir.gateway.discovery.dns_message import (
    Kind,
    RecordSet,
    ServerFailure,
    Truncated,
    decode_response,
    encode_name,
    encode_query,
)
from weir.gateway.discovery.errors import InvalidResponse, NoResponse, NoSuchName

Server: TypeAlias = tuple[str, int]

_PORT: Final = 53
_TIMEOUT_S: Final = 2.0
_TRIES_PER_SERVER: Final = 2
_RESOLV_CONF: Final = Path("/etc/resolv.conf")


class Resolver(Protocol):
    """A resolver of names."""

    async def query(self, name: str, kind: Kind) -> RecordSet:
        """Return the records of `name`; raise a `DiscoveryError` on failure."""
        ...


def system_servers(path: Path = _RESOLV_CONF) -> tuple[Server, ...]:
    """Return the name servers in the configuration of the operating system."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    words = (line.split() for line in lines)
    found = [word[1] for word in words if len(word) > 1 and word[0] == "nameserver"]
    return tuple((host, _PORT) for host in found) or (("127.0.0.1", _PORT),)


def check_name(name: str) -> None:
    """Raise `NoSuchName` for an invalid name, before a server is queried."""
    try:
        encode_name(name)
    except ValueError as error:
        raise NoSuchName(str(error)) from error


class DnsClient:
    """A stub resolver that queries recursive servers in turn, without a cache."""

    def __init__(
        self, servers: Sequence[Server], timeout_s: float = _TIMEOUT_S
    ) -> None:
        self._servers = tuple(servers)
        self._timeout_s = timeout_s

    async def query(self, name: str, kind: Kind) -> RecordSet:
        check_name(name)
        for server in self._servers * _TRIES_PER_SERVER:
            # If a server is down, slow or faulty, the next one is tried.
            with suppress(OSError, InvalidResponse):
                async with asyncio.timeout(self._timeout_s):
                    return await _query_server(server, name, kind)
        message = f"no DNS server responded for {name}"
        raise NoResponse(message)


async def _query_server(server: Server, name: str, kind: Kind) -> RecordSet:
    query_id = randbelow(0x10000)
    query = encode_query(query_id, name, kind)
    loop = asyncio.get_running_loop()
    transport, exchange = await loop.create_datagram_endpoint(
        lambda: _Exchange(query_id, name, kind), remote_addr=server
    )
    try:
        transport.sendto(query)
        return await exchange.response
    except Truncated:
        return decode_response(await _query_by_tcp(server, query), query_id, name, kind)
    finally:
        transport.close()


async def _query_by_tcp(server: Server, query: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(*server)
    try:
        writer.write(struct.pack("!H", len(query)) + query)
        length: int = struct.unpack("!H", await reader.readexactly(2))[0]
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError as error:
        message = "the server closed the connection before its response was complete"
        raise InvalidResponse(message) from error
    finally:
        writer.close()


class _Exchange(asyncio.DatagramProtocol):
    """One query and its response; other datagrams are ignored.

    Any host can send a datagram. One that does not repeat the id and the question must
    not end the wait for the response.
    """

    def __init__(self, query_id: int, name: str, kind: Kind) -> None:
        self._query = (query_id, name, kind)
        self.response: asyncio.Future[RecordSet] = (
            asyncio.get_running_loop().create_future()
        )

    def datagram_received(self, data: bytes, addr: object) -> None:
        del addr
        if self.response.done():
            return
        try:
            self.response.set_result(decode_response(data, *self._query))
        except (Truncated, NoSuchName, ServerFailure) as error:
            self.response.set_exception(error)
        except InvalidResponse:
            return

    def error_received(self, exc: Exception) -> None:
        if not self.response.done():
            self.response.set_exception(exc)
