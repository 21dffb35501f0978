"""Asks DNS servers: by datagram, and by TCP where the answer does not fit."""

import asyncio
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from secrets import randbelow
from typing import Final, Protocol, TypeAlias

from weir.gateway.discovery.dns_message import (
    DnsAnswer,
    Kind,
    Refused,
    Truncated,
    decode_answer,
    encode_name,
    encode_query,
)
from weir.gateway.discovery.errors import BadAnswer, NoAnswer, NoSuchName

Server: TypeAlias = tuple[str, int]

_PORT: Final = 53
_TIMEOUT_S: Final = 2.0
_ROUNDS: Final = 2
_RESOLV_CONF: Final = Path("/etc/resolv.conf")


class Resolver(Protocol):
    """Looks names up."""

    async def query(self, name: str, kind: Kind) -> DnsAnswer:
        """Return the records of `name`; raises a `DiscoveryError`."""
        ...


def system_servers(path: Path = _RESOLV_CONF) -> tuple[Server, ...]:
    """Return the name servers that this machine is configured to use."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    words = (line.split() for line in lines)
    found = [word[1] for word in words if len(word) > 1 and word[0] == "nameserver"]
    return tuple((host, _PORT) for host in found) or (("127.0.0.1", _PORT),)


def check_name(name: str) -> None:
    """Raise `NoSuchName` for what no server need be asked."""
    try:
        encode_name(name)
    except ValueError as error:
        raise NoSuchName(str(error)) from error


class DnsClient:
    """A stub resolver: asks recursive servers in turn; keeps nothing."""

    def __init__(
        self, servers: Sequence[Server], timeout_s: float = _TIMEOUT_S
    ) -> None:
        self._servers = tuple(servers)
        self._timeout_s = timeout_s

    async def query(self, name: str, kind: Kind) -> DnsAnswer:
        check_name(name)
        for server in self._servers * _ROUNDS:
            # A server that is down, slow or broken: the next one may do.
            with suppress(OSError, BadAnswer):
                async with asyncio.timeout(self._timeout_s):
                    return await _ask(server, name, kind)
        msg = f"no DNS server answered for {name}"
        raise NoAnswer(msg)


async def _ask(server: Server, name: str, kind: Kind) -> DnsAnswer:
    query_id = randbelow(0x10000)
    query = encode_query(query_id, name, kind)
    loop = asyncio.get_running_loop()
    transport, exchange = await loop.create_datagram_endpoint(
        lambda: _Exchange(query_id, name, kind), remote_addr=server
    )
    try:
        transport.sendto(query)
        return await exchange.answer
    except Truncated:
        return decode_answer(await _ask_by_tcp(server, query), query_id, name, kind)
    finally:
        transport.close()


async def _ask_by_tcp(server: Server, query: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(*server)
    try:
        writer.write(struct.pack("!H", len(query)) + query)
        length: int = struct.unpack("!H", await reader.readexactly(2))[0]
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError as error:
        msg = "the server closed before its answer was complete"
        raise BadAnswer(msg) from error
    finally:
        writer.close()


class _Exchange(asyncio.DatagramProtocol):
    """Waits for the answer to one query; what is none is left alone.

    Anybody can send a datagram: one that does not repeat the id and the question must
    not end the wait for the one that does.
    """

    def __init__(self, query_id: int, name: str, kind: Kind) -> None:
        self._asked = (query_id, name, kind)
        self.answer: asyncio.Future[DnsAnswer] = (
            asyncio.get_running_loop().create_future()
        )

    def datagram_received(self, data: bytes, addr: object) -> None:
        del addr
        if self.answer.done():
            return
        try:
            self.answer.set_result(decode_answer(data, *self._asked))
        except (Truncated, NoSuchName, Refused) as error:
            self.answer.set_exception(error)
        except BadAnswer:
            return

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)
