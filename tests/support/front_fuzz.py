"""Requests as no client sends them: mutated, cut anywhere, sent ahead, given up."""

import asyncio
import re
from dataclasses import dataclass
from random import Random

from tests.support.front_doubles import text
from tests.support.local_listener import LocalListener, local_listener
from tests.support.served_process import Connection
from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.server.limits import ConnectionLimits

LIMITS = ConnectionLimits(
    head_bytes=1000,
    target_bytes=500,
    head_s=0.3,
    body_s=0.3,
    idle_s=0.3,
    write_s=0.5,
)
MAX_BODY_BYTES = 600
AT_ONCE = 100
# A connection has this long to be answered and closed; the limits add up to less.
_ENDS_S = 4.0
_SNIPPETS = (
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b"\x00",
    b"\xff",
    b": ",
    b"HTTP/1.1",
    b"GET /",
    b"content-length: 7\r\n",
    b"transfer-encoding: chunked\r\n",
    b"connection: upgrade\r\nupgrade: h2c\r\n",
    b"expect: 100-continue\r\n",
    b"0\r\n\r\n",
    b"x" * 1100,
)
_RESPONSE = re.compile(
    rb"HTTP/1\.1 (\d{3}) [^\r\n]*\r\n((?:[a-z-]+: [^\r\n]*\r\n)*)\r\n"
)
_LENGTH = re.compile(rb"content-length: (\d+)\r\n")
_TAG = re.compile(rb"tag-\d+-")


async def echo(request: Request, _: RequestContext) -> Response:
    await asyncio.sleep(0)
    tags = _TAG.findall(request.body + request.head.path.encode())
    return text(b" ".join(tags) or b"none")


@dataclass
class Wrong:
    """What broke the invariant, with the bytes that did it."""

    why: str
    sent: bytes
    received: bytes


async def fuzz(seed: int, connections: int) -> list[Wrong]:
    """Open that many connections, some at once; return what went wrong on any."""
    rng = Random(seed)  # noqa: S311 - reproducible, not secret
    wrong: list[Wrong] = []
    async with local_listener(echo, LIMITS, max_body_bytes=MAX_BODY_BYTES) as served:
        for first in range(0, connections, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, connections))
            results = await asyncio.gather(
                *(_one(served, Random(rng.random()), number) for number in numbers)  # noqa: S311
            )
            wrong += [result for result in results if result is not None]
        await asyncio.sleep(0.1)
        if served.listener.requests or served.listener.connections:
            wrong.append(Wrong("connections or requests are left over", b"", b""))
        if (await (await served.connect()).ask()).status != 200:
            wrong.append(Wrong("the listener does not answer any more", b"", b""))
    return wrong


async def _one(served: LocalListener, rng: Random, number: int) -> Wrong | None:
    sent = _mutated(rng, b"".join(_requests(rng, number)))
    client = await served.connect()
    received = b""
    try:
        async with asyncio.timeout(_ENDS_S):
            received = await _talk(client, rng, sent)
    except TimeoutError:
        return Wrong("the connection was left open", sent, received)
    finally:
        client.close()
        served.connections.remove(client)
    why = _fault(sent, received)
    return Wrong(why, sent, received) if why else None


async def _talk(client: Connection, rng: Random, sent: bytes) -> bytes:
    reading = asyncio.create_task(client.reader.read())
    try:
        start = 0
        while start < len(sent) and not client.writer.transport.is_closing():
            end = start + rng.choice((1, 3, 20, 200, 2000))
            client.writer.write(sent[start:end])
            await asyncio.sleep(0)
            start = end
        if rng.random() < 0.2:
            client.writer.transport.abort()
        return await reading
    except ConnectionError:
        return b""
    finally:
        reading.cancel()


def _requests(rng: Random, number: int) -> list[bytes]:
    return [_request(rng, number) for _ in range(rng.choice((1, 1, 2, 5)))]


def _request(rng: Random, number: int) -> bytes:
    tag = b"tag-%d-" % number
    body = tag * rng.choice((1, 3, 40, 120))
    match rng.randrange(4):
        case 0:
            return b"GET /%s HTTP/1.1\r\nhost: a\r\n\r\n" % tag
        case 1:
            head = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n"
            return head % len(body) + body
        case 2:
            head = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
            return head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        case _:
            return b"GET /%s HTTP/1.0\r\n\r\n" % tag


def _mutated(rng: Random, data: bytes) -> bytes:
    for _ in range(rng.choice((0, 1, 1, 2, 6))):
        at = rng.randrange(len(data) + 1)
        to = min(len(data), at + rng.randrange(40))
        match rng.randrange(5):
            case 0:
                data = data[:at] + rng.randbytes(rng.randrange(1, 5)) + data[at:]
            case 1:
                data = data[:at] + data[to:]
            case 2:
                data = data[:at] + data[at:to] * 2 + data[to:]
            case 3:
                data = data[:at] + rng.choice(_SNIPPETS) + data[at:]
            case _:
                data = data[:at]
    return data


def _fault(sent: bytes, received: bytes) -> str:
    """Return what is wrong with the answers of one connection, or ""."""
    # Mutation may have changed a tag's digits: what was sent may come back.
    if not set(_TAG.findall(received)) <= set(_TAG.findall(sent)):
        return "an answer holds another connection's bytes"
    while received:
        head = _RESPONSE.match(received)
        if head is None:
            return "what came is not a sequence of answers"
        length = _LENGTH.search(head[2])
        end = head.end() + (int(length[1]) if length else 0)
        if end > len(received):
            return "an answer is not whole"
        if head[1] == b"500":
            return "a client's bytes were answered as our fault"
        received = received[end:]
    return ""
