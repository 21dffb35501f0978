"""A DNS server for tests: answers from a table, over UDP and TCP."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import cast

from weir.gateway.discovery.dns_message import Kind, SrvTarget, encode_name

CODES: dict[Kind | str, int] = {"A": 1, "CNAME": 5, "AAAA": 28, "SRV": 33}
Value = str | SrvTarget
Zone = dict[tuple[str, str], tuple[int, list[Value]]]
"""(name, kind) -> (ttl, values)."""


def record(owner: str, kind: str, ttl: int, value: Value) -> bytes:
    if isinstance(value, SrvTarget):
        fields = struct.pack("!3H", value.priority, value.weight, value.port)
        data = fields + encode_name(value.host)
    elif kind == "CNAME":
        data = encode_name(value)
    else:
        data = ip_address(value).packed
    head = struct.pack("!HHIH", CODES[kind], 1, ttl, len(data))
    return encode_name(owner) + head + data


def message(
    query: bytes, records: list[bytes], flags: int = 0x8180, query_id: int | None = None
) -> bytes:
    """Return an answer to `query` that repeats its question."""
    end = query.index(b"\0", 12) + 5
    number = struct.unpack_from("!H", query)[0] if query_id is None else query_id
    head = struct.pack("!6H", number, flags, 1, len(records), 0, 0)
    return head + query[12:end] + b"".join(records)


@dataclass
class DnsServer:
    """Answers from its zone; `down` says nothing, `code` is an error for all."""

    zone: Zone = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    address: tuple[str, int] = ("", 0)
    down: bool = False
    code: int = 0
    noise: list[bytes] = field(default_factory=list)

    def answer(self, query: bytes, limit: int) -> bytes:
        name, kind = question(query)
        self.asked.append((name, kind))
        if self.code:
            return message(query, [], 0x8180 | self.code)
        records: list[bytes] = []
        while alias := self.zone.get((name, "CNAME")):
            records.append(record(name, "CNAME", alias[0], alias[1][0]))
            name = str(alias[1][0])
        ttl, values = self.zone.get((name, kind), (0, []))
        records += [record(name, kind, ttl, value) for value in values]
        exists = any(owner == name for owner, _ in self.zone)
        whole = message(query, records, 0x8180 if exists else 0x8183)
        return whole if len(whole) <= limit else message(query, [], 0x8380)


def question(query: bytes) -> tuple[str, str]:
    labels: list[str] = []
    at = 12
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode())
        at += length + 1
    code = struct.unpack_from("!H", query, at + 1)[0]
    kinds = {number: kind for kind, number in CODES.items()}
    return ".".join(labels), kinds[code]


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self.server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self.server.down:
            return
        for noise in self.server.noise:
            self.transport.sendto(noise, addr)
        self.transport.sendto(self.server.answer(data, 512), addr)


@asynccontextmanager
async def dns_server() -> AsyncIterator[DnsServer]:
    server = DnsServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = struct.unpack("!H", await reader.readexactly(2))[0]
        answer = server.answer(await reader.readexactly(length), 65535)
        writer.write(struct.pack("!H", len(answer)) + answer)
        await writer.drain()
        writer.close()

    tcp = await asyncio.start_server(serve, "127.0.0.1", 0)
    port: int = tcp.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    udp, _ = await loop.create_datagram_endpoint(
        lambda: _Udp(server), local_addr=("127.0.0.1", port)
    )
    server.address = ("127.0.0.1", port)
    async with tcp:
        yield server
        udp.close()
        tcp.close()
