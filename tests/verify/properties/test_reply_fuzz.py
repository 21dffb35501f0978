"""100,000 damaged answers over real sockets: each ends, and none is another's.

Every answer carries the token of the request it belongs to. Whatever damage does to an
answer, the client gives an error or bytes of that very answer, in time: never a hang,
a foreign exception, or a token of somebody else.
"""

import asyncio
import random
import re
import time
from collections import Counter
from hashlib import blake2b

from tests.support.calls import upstream_request
from weir.gateway.clock import SystemClock
from weir.gateway.transport.errors import UpstreamError
from weir.gateway.transport.http1.transport import Http1Transport
from weir.gateway.transport.origin import parse_origin
from weir.gateway.transport.policy import ConnectionPolicy, TransportPolicy

ANSWERS = 100_000
LANES = 64
DEADLINE_S = 0.15
TOKEN = re.compile(rb"[0-9a-f]{16}")
"""Too many to be made from one another by damage."""
TOKENS = tuple(
    blake2b(b"%d" % number, digest_size=8).hexdigest().encode()
    for number in range(ANSWERS)
)
ISSUED = frozenset(TOKENS)
SHAPES = (
    b"HTTP/1.1 200 OK\r\ncontent-length: 48\r\n\r\n%b%b%b",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    b"10\r\n%b\r\n10\r\n%b\r\n10;x=y\r\n%b\r\n0\r\nt: v\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
    b"HTTP/1.1 200 OK\r\ncontent-length: 48\r\nconnection: keep-alive\r\n\r\n%b%b%b",
    b"HTTP/1.1 200 OK\r\n\r\n%b%b%b",
)
SPLICES = (
    b"\r\n",
    b"\r\n\r\n",
    b"0\r\n\r\n",
    b"content-length: 7\r\n",
    b"transfer-encoding: chunked\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    b"HTTP/1.1 304 X\r\n\r\n",
    b"\x00",
    b"\xff",
)


def damaged(data: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(4):
            case 0:
                data = data[:at] + data[at + rng.randrange(9) :]
            case 1:
                data = data[:at] + rng.choice(SPLICES) + data[at:]
            case 2:
                data = data[:at] + rng.randbytes(1) + data[at + 1 :]
            case _:
                data = data[:at] + data[max(0, at - 40) :]
    return data


async def serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rng: random.Random
) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            token = TOKEN.search(head)
            assert token is not None
            data = damaged(rng.choice(SHAPES) % ((token[0],) * 3), rng)
            cut = rng.randrange(len(data) + 1)
            writer.write(data[:cut])
            if rng.randrange(2):
                await asyncio.sleep(0)
            writer.write(data[cut:])
            if rng.randrange(3):
                return
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def ask(transport: Http1Transport, number: int) -> str:
    """Return how one call ended; fails where a rule is broken."""
    token = TOKENS[number]
    started_s = time.monotonic()
    request = upstream_request(path=f"/?{token.decode()}", safe=False)
    try:
        answer = await transport.call(request, (), started_s + DEADLINE_S)
    except UpstreamError as error:
        outcome = error.code
    else:
        foreign = ISSUED.intersection(TOKEN.findall(answer.body)) - {token}
        assert not foreign, (token, answer)
        outcome = "answered"
    assert time.monotonic() - started_s < DEADLINE_S + 5.0
    return outcome


async def test_damaged_answers_end_in_time_and_are_never_somebody_elses() -> None:
    rng = random.Random(1)  # noqa: S311 - chance, not secrecy
    server = await asyncio.start_server(
        lambda reader, writer: serve(reader, writer, rng), "127.0.0.1", 0
    )
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    policy = TransportPolicy(connections=ConnectionPolicy(max_open=LANES))
    transport = Http1Transport(parse_origin(url), policy, SystemClock())
    ended: Counter[str] = Counter()

    async def lane(first: int) -> None:
        for number in range(first, ANSWERS, LANES):
            ended[await ask(transport, number)] += 1

    async with server:
        await asyncio.gather(*(lane(first) for first in range(LANES)))
        await transport.close()
        server.close()
        await asyncio.sleep(0.1)

    print("\n" + "\n".join(f"{count:7} {how}" for how, count in ended.most_common()))
    assert sum(ended.values()) == ANSWERS
    assert ended["answered"] > ANSWERS / 10
    assert len(ended) > 2
