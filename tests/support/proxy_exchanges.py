"""Random exchanges through a proxy, between a strict client and a strict service.

Both ends parse with h11. The service knows the plan of each request by its path, so
that a response of another exchange is found at once.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Final, Literal

import h11

from tests.support.routed_gateway import RoutedGateway, routed_gateway

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY")
TAILS: Final = ("", "/a%2Fb", "//x", "/;p=1", "/%C3%A9?q=%20&&=", "?x=1?2", "/a.b/...")
_BODILESS: Final = (204, 304)
_WITHIN_S: Final = 20.0

Framing = Literal["none", "length", "chunked", "end"]


@dataclass(frozen=True)
class Plan:
    """One exchange; `abort_at` is the number of response bytes before a reset."""

    number: int
    method: str
    tail: str
    request_body: bytes
    request_framing: Framing
    status: int
    response_body: bytes
    response_framing: Framing
    interim: bool
    closes: bool
    abort_at: int | None
    piece: int
    client_leaves_at: int | None

    @property
    def target(self) -> str:
        return f"/x/{self.number}{self.tail}"

    @property
    def has_body(self) -> bool:
        return self.method != "HEAD" and self.status not in _BODILESS

    def request(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1", "host: gateway"]
        body = self.request_body
        if self.request_framing == "length":
            lines.append(f"content-length: {len(body)}")
        elif self.request_framing == "chunked":
            lines.append("transfer-encoding: chunked")
            body = b"".join(_chunks(body, self.piece)) + b"0\r\n\r\n"
        return "\r\n".join([*lines, "", ""]).encode() + body

    def response(self) -> tuple[bytes, int]:
        """Return the bytes of the response, and the length of its head."""
        lines = [f"HTTP/1.1 {self.status} X", f"x-number: {self.number}"]
        body = self.response_body
        if self.response_framing == "length" and self.status not in _BODILESS:
            lines.append(f"content-length: {len(body)}")
        elif self.response_framing == "chunked" and self.status not in _BODILESS:
            lines.append("transfer-encoding: chunked")
            # Thousands of chunks would only show how slow both ends are.
            size = max(self.piece, len(body) // 500)
            body = b"".join(_chunks(body, size)) + b"0\r\n\r\n"
        if self.closes or self.response_framing == "end":
            lines.append("connection: close")
        interim = (
            b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" if self.interim else b""
        )
        head = interim + "\r\n".join([*lines, "", ""]).encode()
        return head + (body if self.has_body else b""), len(head)


def _chunks(body: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(body), size):
        part = body[at : at + size]
        yield b"%x\r\n%b\r\n" % (len(part), part)


def random_plan(number: int, random: Random, *, leaves: bool) -> Plan:
    method = random.choice(METHODS)
    request_framing: Framing = random.choice(("none", "length", "chunked"))
    size = random.choice((0, 1, 7, 1000, 70_000, 200_000))
    marker = b"%d:" % number
    response_body = (marker * (random.choice((0, 1, 500, 100_000)) // len(marker) + 1))[
        : random.choice((0, 1, 9, 3000, 100_000))
    ]
    return Plan(
        number=number,
        method=method,
        tail=random.choice(TAILS),
        request_body=b"" if request_framing == "none" else (marker * size)[:size],
        request_framing=request_framing,
        status=random.choice((200, 200, 201, 204, 206, 302, 304, 404, 429)),
        response_body=response_body,
        response_framing=random.choice(("length", "chunked", "end")),
        interim=random.random() < 0.1,
        closes=random.random() < 0.2,
        abort_at=random.randrange(2000) if random.random() < 0.15 else None,
        piece=random.choice((1, 5, 64, 5000, 300_000)) if size < 5000 else 20_000,
        client_leaves_at=random.randrange(3000) if leaves else None,
    )


@dataclass
class PlannedService:
    """A service that responds by the plan of each path, and records what is wrong."""

    plans: dict[int, Plan] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    url: str = ""

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        connection = h11.Connection(h11.SERVER)
        try:
            while await self._exchange(connection, reader, writer):
                connection = h11.Connection(h11.SERVER)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except h11.RemoteProtocolError as error:
            self.wrong.append(f"the gateway sent {error}")
        finally:
            writer.close()

    async def _exchange(
        self,
        connection: h11.Connection,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        request, body = await _read_message(connection, reader)
        if not isinstance(request, h11.Request):
            return False
        target = request.target.decode()
        plan = self.plans[int(target.split("/")[2].split("?")[0].split(";")[0])]
        if (target, request.method.decode()) != (plan.target, plan.method):
            self.wrong.append(f"{plan} arrived as {request}")
        if body != plan.request_body:
            self.wrong.append(f"{plan} arrived with another body")
        data, _ = plan.response()
        # A reset after a whole response would be that of another request, which may
        # use the connection by then, and cannot be repeated unless it is safe.
        if plan.abort_at is not None and plan.abort_at < len(data):
            writer.write(data[: plan.abort_at])
            await writer.drain()
            _reset_on_close(writer)
            return False
        for at in range(0, len(data), max(plan.piece, len(data) // 200 + 50)):
            writer.write(data[at : at + max(plan.piece, len(data) // 200 + 50)])
            await writer.drain()
        return not (plan.closes or plan.response_framing == "end")


def _reset_on_close(writer: asyncio.StreamWriter) -> None:
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def _read_message(
    connection: h11.Connection, reader: asyncio.StreamReader
) -> tuple[object, bytes]:
    """Return the head and the body of a message, or an h11.ConnectionClosed."""
    head: object = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            data = await reader.read(65536)
            if not data and head is not None:
                # The client has left within its request.
                raise ConnectionAbortedError
            connection.receive_data(data)
        elif isinstance(event, h11.Request | h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            return head, bytes(body)
        elif isinstance(event, h11.ConnectionClosed):
            return event, b""


async def _events(
    connection: h11.Connection, reader: asyncio.StreamReader
) -> AsyncIterator[object]:
    """Yield the events of a message, up to its end or that of the connection."""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65536))
        else:
            yield event
            if isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                return


@dataclass
class PlannedClient:
    """A client with one connection at a time; it finds what is wrong in responses."""

    port: int
    service: PlannedService
    random: Random
    wrong: list[str] = field(default_factory=list)
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def exchange(self, plan: Plan) -> None:
        """Send the request of a plan, and verify its response."""
        # A request may arrive after its client has left.
        self.service.plans[plan.number] = plan
        try:
            async with asyncio.timeout(_WITHIN_S):
                await self._exchange(plan)
        except TimeoutError:
            self.wrong.append(f"{plan} hangs")
            await self.close()

    async def _exchange(self, plan: Plan) -> None:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self._streams
        if plan.client_leaves_at is not None:
            await self._leave(plan, writer)
            return
        sending = asyncio.create_task(self._send(writer, plan))
        connection = h11.Connection(h11.CLIENT)
        request = h11.Request(
            method=plan.method, target=plan.target, headers=[("host", "gateway")]
        )
        connection.send(request)
        connection.send(h11.EndOfMessage())
        complete = await self._verified(plan, connection, reader)
        sending.cancel()
        with suppress(asyncio.CancelledError, ConnectionError):
            await sending
        if not complete or connection.their_state is not h11.DONE:
            await self.close()

    async def _leave(self, plan: Plan, writer: asyncio.StreamWriter) -> None:
        writer.write(plan.request()[: plan.client_leaves_at])
        if self.random.random() < 0.5:
            await asyncio.sleep(0.001)
        _reset_on_close(writer)
        await self.close()

    async def _verified(
        self, plan: Plan, connection: h11.Connection, reader: asyncio.StreamReader
    ) -> bool:
        """Verify the response; return whether it was complete."""
        received = bytearray()
        status, complete = 0, False
        try:
            async for event in _events(connection, reader):
                if isinstance(event, h11.Response):
                    status = event.status_code
                    self._verify_head(plan, event)
                elif isinstance(event, h11.Data):
                    received += event.data
                complete = isinstance(event, h11.EndOfMessage)
        except (h11.RemoteProtocolError, ConnectionError):
            pass
        self._verify(plan, status, bytes(received), complete=complete)
        return complete

    async def _send(self, writer: asyncio.StreamWriter, plan: Plan) -> None:
        data, size = plan.request(), max(plan.piece, 100)
        for at in range(0, len(data), size):
            writer.write(data[at : at + size])
            await writer.drain()

    def _verify_head(self, plan: Plan, response: h11.Response) -> None:
        numbers = [v for name, v in response.headers if name == b"x-number"]
        if response.status_code != 502 and numbers != [b"%d" % plan.number]:
            self.wrong.append(f"{plan} got the head {response}")

    def _verify(
        self, plan: Plan, status: int, received: bytes, *, complete: bool
    ) -> None:
        data, head = plan.response()
        expected = plan.response_body if plan.has_body else b""
        if plan.abort_at is not None and plan.abort_at < len(data):
            # A reset may overtake what was sent before it.
            fits = status == 502 or (
                plan.abort_at >= head and expected.startswith(received) and not complete
            )
        else:
            fits = complete and (status, received) == (plan.status, expected)
        if not fits:
            self.wrong.append(f"{plan} got {status}, {len(received)} bytes, {complete}")

    async def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def run_exchanges(
    port: int, service: PlannedService, count: int, seed: int, clients: int = 8
) -> list[str]:
    """Run random exchanges of several clients at once; return what went wrong."""
    numbers = iter(range(count))

    async def run(client: PlannedClient) -> list[str]:
        for number in numbers:
            leaves = client.random.random() < 0.05
            await client.exchange(random_plan(number, client.random, leaves=leaves))
            if client.wrong or service.wrong:
                break
        await client.close()
        return client.wrong

    crowd = [
        PlannedClient(port, service, Random(f"{seed} {each}"))  # noqa: S311 - a seed
        for each in range(clients)
    ]
    wrong = await asyncio.gather(*(run(client) for client in crowd))
    return service.wrong + [each for found in wrong for each in found]


_CONFIG: Final = """
server: {{max_body: 1MiB, compression: false}}
upstreams:
  service:
    instances: ["{url}"]
    health: {{active: false}}
    breaker: {{failures: 100000}}
    timeout: {{attempt: 10s, total: 15s}}
    retry: {{attempts: 1}}
routes:
  all: {{path: /*, proxy: service}}
"""


@asynccontextmanager
async def planned_gateway() -> AsyncIterator[tuple[PlannedService, RoutedGateway]]:
    service = PlannedService()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, routed_gateway(_CONFIG.format(url=service.url)) as gateway:
        yield service, gateway
        server.close()
