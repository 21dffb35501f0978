"""WebSocket through the proxy, over raw sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from typing_extensions import override

from tests.gateway.routes.endpoints.websocket.test_frames import frame
from tests.support.calls import RecordingSink
from tests.support.conditions import until
from tests.support.raw_service import RawService, ok, raw_service, responding
from tests.support.routed_gateway import RoutedGateway, routed_gateway
from tests.support.served_process import Connection
from weir.bffs.in_memory.transport import MemoryStream
from weir.gateway.events import RequestFinished, StreamPassed
from weir.gateway.routes.endpoints.websocket.frames import close_frame
from weir.gateway.routes.endpoints.websocket.tunnel import Tunnel, TunnelPolicy
from weir.gateway.transport.message import UpstreamResponse

CONFIG = """
upstreams:
  chat: {{instances: ["{url}"], health: {{active: false}}}}
routes:
  chat:
    path: /chat
    proxy: {{upstream: chat, websocket: {{idle: 1h, max_frame: 1KiB}}}}
  idle:
    path: /idle
    proxy: {{upstream: chat, websocket: {{idle: 50ms}}}}
  pages:
    path: /pages
    proxy: {{upstream: chat, websocket: true}}
    cors: {{origins: ["https://shop.example"]}}
  plain: {{path: /plain, proxy: chat}}
  shell:
    path: /shell
    proxy: {{upstream: chat, upgrades: [SPDY/3.1]}}
    cors: {{origins: ["https://shop.example"]}}
"""
HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nhost: gateway.example\r\n"
    "connection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\n"
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "sec-websocket-version: 13\r\nsec-websocket-protocol: chat\r\n"
    "sec-websocket-extensions: permessage-deflate\r\n{fields}\r\n"
)
SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
    b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
    b"sec-websocket-protocol: chat\r\nx-of-service: 1\r\n\r\n"
)
GREETING = frame(b"hello", masked=False)
GOING_AWAY = close_frame(1001, masked=False)


async def echo(service: RawService, connection: Connection, head: bytes) -> None:
    """Switch protocols, greet at once, and send back all bytes."""
    del head
    await connection.send(SWITCHED + GREETING)
    while data := await connection.reader.read(65536):
        service.bodies.append(data)
        await connection.send(data)
    raise ConnectionAbortedError


@dataclass
class Chat:
    gateway: RoutedGateway
    service: RawService

    async def open(self, path: str, *fields: str) -> tuple[Connection, str]:
        client = await self.gateway.connect()
        lines = "".join(f"{each}\r\n" for each in fields)
        await client.send(HANDSHAKE.format(path=path, fields=lines).encode("latin-1"))
        async with asyncio.timeout(30):
            return client, (await client.reader.readuntil(b"\r\n\r\n")).decode()


@asynccontextmanager
async def chat(
    config: str = CONFIG, calls: RecordingSink | None = None
) -> AsyncIterator[Chat]:
    async with (
        raw_service(echo) as service,
        routed_gateway(config.format(url=service.url), calls=calls) as gateway,
    ):
        yield Chat(gateway, service)


async def read(client: Connection, size: int) -> bytes:
    async with asyncio.timeout(30):
        return await client.reader.readexactly(size)


async def test_a_handshake_goes_to_the_service_and_its_response_comes_back() -> None:
    async with chat() as service:
        _, head = await service.open("/chat", "cookie: a=b")
        sent = service.service.fields()

        assert head.startswith("HTTP/1.1 101 Switching Protocols\r\n")
        for line in (
            "connection: upgrade",
            "upgrade: websocket",
            "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "sec-websocket-protocol: chat",
            "x-of-service: 1",
        ):
            assert f"\r\n{line}\r\n" in head
        assert sent["connection"] == "upgrade"
        assert sent["upgrade"] == "websocket"
        assert sent["sec-websocket-extensions"] == "permessage-deflate"
        assert sent["sec-websocket-key"] == "dGhlIHNhbXBsZSBub25jZQ=="
        assert sent["cookie"] == "a=b"


async def test_bytes_pass_in_both_directions_as_they_are() -> None:
    async with chat() as service:
        client, _ = await service.open("/chat")
        assert await read(client, len(GREETING)) == GREETING

        for payload in (b"", b"a", bytes(range(256)), bytes(1000)):
            message = frame(payload, masked=True)
            await client.send(message)
            assert await read(client, len(message)) == message


async def test_frames_are_counted_in_both_directions() -> None:
    calls = RecordingSink()
    async with chat(calls=calls) as service:
        client, _ = await service.open("/chat")
        message = frame(b"a", masked=True) + frame(bytes(200), masked=True)
        await client.send(message)
        await read(client, len(GREETING + message))
        client.close()
        await until(lambda: StreamPassed in map(type, calls.events))

    (passed,) = [each for each in calls.events if isinstance(each, StreamPassed)]
    assert (passed.frames_out, passed.frames_in) == (2, 3)


async def test_bytes_that_a_client_sends_with_its_handshake_are_not_lost() -> None:
    async with chat() as service:
        client = await service.gateway.connect()
        message = frame(b"early", masked=True)
        handshake = HANDSHAKE.format(path="/chat", fields="").encode()
        await client.send(handshake + message)

        async with asyncio.timeout(30):
            await client.reader.readuntil(b"\r\n\r\n")
        assert await read(client, len(GREETING + message)) == GREETING + message


@pytest.mark.parametrize("end", ["client", "service"])
async def test_the_end_of_one_side_ends_the_other(end: str) -> None:
    async with chat() as service:
        client, _ = await service.open("/chat")
        await read(client, len(GREETING))
        if end == "client":
            client.close()
        else:
            await client.send(frame(b"x", masked=True))
            await until(lambda: bool(service.service.bodies))
            service.service.hang_up()
            await client.closed()
        async with asyncio.timeout(30):
            await service.service.gone.wait()

        events = service.gateway.sink.events
        await until(lambda: any(isinstance(each, RequestFinished) for each in events))
        *_, event = events
        assert isinstance(event, RequestFinished)
        assert (event.route, event.status) == ("chat", 101)
        assert event.bytes_out >= len(GREETING)
        assert event.bytes_in == (
            0 if end == "client" else len(frame(b"x", masked=True))
        )


async def test_a_retired_route_ends_with_going_away_between_two_frames() -> None:
    async with chat() as service:
        client, _ = await service.open("/chat")
        await read(client, len(GREETING))
        await service.gateway.reload(
            CONFIG.format(url=service.service.url).replace("1KiB", "2KiB")
        )

        assert await read(client, len(GOING_AWAY)) == GOING_AWAY
        await until(
            lambda: service.service.bodies[-1:] == [close_frame(1001, masked=True)]
        )


async def test_the_connections_of_a_removed_route_drain_before_they_end() -> None:
    config = f"server: {{{{stream_drain: 300ms}}}}{CONFIG}"
    async with chat(config) as service:
        client, _ = await service.open("/chat")
        await read(client, len(GREETING))
        removed = config.replace("path: /chat", "path: /moved")
        await service.gateway.reload(removed.format(url=service.service.url))

        message = frame(b"still here", masked=True)
        await client.send(message)
        assert await read(client, len(message)) == message
        assert await read(client, len(GOING_AWAY)) == GOING_AWAY


async def test_a_close_frame_waits_for_the_end_of_the_current_frame() -> None:
    async with chat() as service:
        client, _ = await service.open("/chat")
        await read(client, len(GREETING))
        message = frame(b"0123456789", masked=True)
        await client.send(message[:8])
        assert await read(client, 8) == message[:8]
        await service.gateway.reload(
            CONFIG.format(url=service.service.url).replace("1KiB", "2KiB")
        )
        await client.send(message[8:])

        assert await read(client, len(message) - 8) == message[8:]
        assert await read(client, len(GOING_AWAY)) == GOING_AWAY


async def test_an_unrelated_reload_does_not_touch_a_connection() -> None:
    async with chat() as service:
        client, _ = await service.open("/chat")
        await read(client, len(GREETING))
        await service.gateway.reload(
            CONFIG.format(url=service.service.url).replace("path: /plain", "path: /p")
        )
        message = frame(b"still here", masked=True)
        await client.send(message)

        assert await read(client, len(message)) == message


async def test_an_idle_connection_ends_with_going_away() -> None:
    async with chat() as service:
        client, _ = await service.open("/idle")

        expected = GREETING + GOING_AWAY
        assert await read(client, len(expected)) == expected


async def test_a_frame_above_the_limit_ends_the_connection() -> None:
    async with chat() as service:
        client, _ = await service.open("/chat")
        await read(client, len(GREETING))
        await client.send(frame(bytes(1025), masked=True))

        too_big = close_frame(1009, masked=False)
        assert await read(client, len(too_big)) == too_big
        await until(lambda: service.service.bodies == [close_frame(1001, masked=True)])


async def test_frames_before_one_above_the_limit_are_passed_on() -> None:
    async with chat() as service:
        client, _ = await service.open("/chat")
        await read(client, len(GREETING))
        small = frame(b"small", masked=True)
        await client.send(small + frame(bytes(1025), masked=True))

        passed_on = small + close_frame(1001, masked=True)
        await until(lambda: b"".join(service.service.bodies) == passed_on)


async def test_connections_end_with_going_away_when_the_process_stops() -> None:
    async with chat() as service:
        client, _ = await service.open("/chat")
        await read(client, len(GREETING))
        service.gateway.pipeline.end_streams()

        assert await read(client, len(GOING_AWAY)) == GOING_AWAY
        client.close()
        await service.gateway.listener.close(grace_s=5)
        assert not service.gateway.listener.cut_off


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 101),
        ("https://shop.example", 101),
        ("https://gateway.example", 101),
        ("HTTP://Gateway.Example", 101),
        ("https://evil.example", 403),
        ("https://gateway.example.evil.example", 403),
        ("https://gateway.example/", 403),
        ("ftp://gateway.example", 403),
        ("//gateway.example", 403),
        ("null", 403),
        ("http://[", 403),
        ("\xff", 403),
    ],
)
async def test_pages_of_other_origins_need_permission(
    origin: str | None, status: int
) -> None:
    async with chat() as service:
        fields = (f"origin: {origin}",) if origin else ()
        _, head = await service.open("/pages", *fields)

        assert head.split()[1] == str(status)
        assert bool(service.service.heads) is (status == 101)


async def test_a_route_without_websocket_does_not_switch() -> None:
    async with (
        raw_service(responding(ok(b"no"))) as service,
        routed_gateway(CONFIG.format(url=service.url)) as gateway,
    ):
        client = await gateway.connect()
        await client.send(HANDSHAKE.format(path="/plain", fields="").encode())

        assert (await client.reply()).status == 200
        assert "upgrade" not in service.fields()


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        ("content-length: 5", b"hello"),
        ("transfer-encoding: chunked", b"5\r\nhello\r\n0\r\n\r\n"),
    ],
)
async def test_a_handshake_with_a_body_is_another_request(
    framing: str, body: bytes
) -> None:
    async with (
        raw_service(responding(ok(b"no"))) as service,
        routed_gateway(CONFIG.format(url=service.url)) as gateway,
    ):
        client = await gateway.connect()
        head = HANDSHAKE.format(path="/chat", fields=f"{framing}\r\n")
        await client.send(head.encode() + body)

        assert (await client.reply()).status == 200
        assert "upgrade" not in service.fields()
        assert service.bodies == [b"hello"]


@pytest.mark.parametrize(
    ("response", "status"),
    [
        (b"HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\n\r\n", 426),
        (SWITCHED.replace(b"upgrade: websocket", b"upgrade: other"), 502),
        (SWITCHED.replace(b"connection: Upgrade", b"connection: x"), 502),
    ],
)
async def test_a_service_may_decline(response: bytes, status: int) -> None:
    async with (
        raw_service(responding(response)) as service,
        routed_gateway(CONFIG.format(url=service.url)) as gateway,
    ):
        client = await gateway.connect()
        await client.send(HANDSHAKE.format(path="/chat", fields="").encode())

        assert (await client.reply()).status == status


@dataclass(frozen=True, slots=True)
class UpgradedStream(MemoryStream):
    """A stream that has switched to another protocol on a connection."""

    connection: asyncio.Transport
    early: bytes = b""

    @override
    def detach(self) -> tuple[asyncio.Transport, bytes]:
        return self.connection, self.early


@dataclass(frozen=True, slots=True)
class Pair:
    """A transport, and the socket at its other end."""

    transport: asyncio.Transport
    other: socket.socket

    @classmethod
    async def open(cls) -> "Pair":
        ours, other = socket.socketpair()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=ours)
        return cls(transport, other)


SWITCHING = UpstreamResponse(status=101, headers=(), body=b"")


async def test_a_service_that_stops_reading_does_not_hold_its_connection() -> None:
    service, client = await Pair.open(), await Pair.open()
    held: socket.socket = service.transport.get_extra_info("socket")
    policy = TunnelPolicy(max_frame_bytes=2**30)
    stream = UpgradedStream(SWITCHING, service.transport)
    tunnel = Tunnel(stream, policy, asyncio.Event(), flush_s=0.05)
    client.transport.set_protocol(tunnel.take_over(client.transport, b""))

    tunnel.client.data_received(frame(bytes(2**22), masked=True))
    await tunnel.aclose()

    await until(lambda: held.fileno() == -1)
    client.other.close()
    service.other.close()


async def test_the_last_bytes_of_a_service_arrive_at_the_client() -> None:
    service, client = await Pair.open(), await Pair.open()
    service.transport.close()
    stream = UpgradedStream(SWITCHING, service.transport, early=GREETING)
    tunnel = Tunnel(stream, TunnelPolicy(), asyncio.Event())
    client.transport.set_protocol(tunnel.take_over(client.transport, b""))

    await tunnel.aclose()

    await until(client.transport.is_closing)
    assert client.other.recv(100) == GREETING
    assert client.other.recv(100) == b""
    client.other.close()
    service.other.close()


def shell(method: str = "POST", protocol: str = "spdy/3.1", field: str = "") -> bytes:
    lines = f"connection: Upgrade\r\nupgrade: {protocol}\r\n{field}"
    return f"{method} /shell HTTP/1.1\r\nhost: g\r\n{lines}\r\n".encode()


SPDY = SWITCHED.replace(b"upgrade: websocket", b"upgrade: SPDY/3.1")


async def shell_service(
    service: RawService, connection: Connection, head: bytes
) -> None:
    """Switch to SPDY if the request says so, and send back all bytes."""
    if b"\r\nupgrade: spdy/3.1\r\n" not in head:
        await connection.send(ok(b"no switch"))
        return
    await connection.send(SPDY + b"hello")
    while data := await connection.reader.read(65536):
        service.bodies.append(data)
        await connection.send(data)
    raise ConnectionAbortedError


async def test_another_protocol_of_the_route_is_a_plain_tunnel() -> None:
    large = bytes(range(256)) * 8192
    async with (
        raw_service(shell_service) as service,
        routed_gateway(CONFIG.format(url=service.url)) as gateway,
    ):
        client = await gateway.connect()
        await client.send(shell())
        async with asyncio.timeout(30):
            head = await client.reader.readuntil(b"\r\n\r\n")
            assert await client.reader.readexactly(5) == b"hello"
            sending = asyncio.create_task(client.send(large))
            assert await client.reader.readexactly(len(large)) == large
            await sending
            await gateway.reload(CONFIG.format(url=service.url).replace("SPDY", "X"))
            assert await client.reader.read() == b""

    assert head.startswith(b"HTTP/1.1 101 ")
    assert b"\r\nupgrade: SPDY/3.1\r\n" in head
    assert service.request_line == "POST /shell HTTP/1.1"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (shell(protocol="websocket"), b"200"),
        (shell(protocol="h2c"), b"200"),
        (shell(protocol="spdy/3.1, websocket"), b"200"),
        (shell(field="content-length: 1\r\n") + b"x", b"200"),
        (shell(field="origin: https://evil.example\r\n"), b"403"),
        (shell(field="origin: https://shop.example\r\n"), b"101"),
    ],
)
async def test_a_protocol_that_is_not_allowed_is_not_switched_to(
    request_: bytes, status: bytes
) -> None:
    async with (
        raw_service(shell_service) as service,
        routed_gateway(CONFIG.format(url=service.url)) as gateway,
    ):
        client = await gateway.connect()
        await client.send(request_)
        async with asyncio.timeout(30):
            line = await client.reader.readline()

    assert line.split()[1] == status
