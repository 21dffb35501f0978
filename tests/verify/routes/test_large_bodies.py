"""A gigabyte in both directions at once, through a gateway of constant memory."""

import asyncio
from pathlib import Path

from tests.support.gateway import Gateway, running_gateway
from tests.support.raw_service import RawService, raw_service
from tests.support.served_process import Connection, connect

SIZE = 1024**3
PART = bytes(256 * 1024)
ROOM = 20 * 1024**2
CONFIG = """
server: {{port: "${{WEIR_PORT}}", control: "${{WEIR_CONTROL}}", drain_delay: 0s}}
upstreams:
  files: {{instances: ["{url}"], health: {{active: false}}}}
routes:
  files: {{path: /*, proxy: files, max_body: 2GiB}}
"""


def resident_bytes(gateway: Gateway) -> int:
    status = Path(f"/proc/{gateway.process.pid}/status").read_text()
    (line,) = (each for each in status.splitlines() if each.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


async def service(raw: RawService, connection: Connection, head: bytes) -> None:
    """Send a gigabyte while receiving one.

    The last part is sent after the whole request, as a complete response ends it.
    """
    assert b"content-length: %d\r\n" % SIZE in head

    async def receive() -> None:
        left = SIZE
        while left:
            data = await connection.reader.read(len(PART))
            assert data, "the request ended early"
            left -= len(data)

    receiving = asyncio.create_task(receive())
    await connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % SIZE)
    for _ in range(SIZE // len(PART) - 1):
        await connection.send(PART)
    await receiving
    await connection.send(PART)
    raw.gone.set()


async def exchange(port: int) -> int:
    """Upload and download at once; return the bytes of the download."""
    connection = await connect(port)
    head = b"PUT /x HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\n\r\n" % SIZE
    await connection.send(head)

    async def upload() -> None:
        for _ in range(SIZE // len(PART)):
            await connection.send(PART)

    uploading = asyncio.create_task(upload())
    await connection.reader.readuntil(b"\r\n\r\n")
    received = 0
    while data := await connection.reader.read(min(len(PART), SIZE - received)):
        received += len(data)
    await uploading
    connection.close()
    return received


async def test_a_gigabyte_in_both_directions_takes_constant_memory(
    tmp_path: Path,
) -> None:
    async with raw_service(service) as raw:
        (tmp_path / "weir.yaml").write_text(CONFIG.format(url=raw.url))
        async with running_gateway(tmp_path / "weir.yaml") as gateway:
            idle = most = resident_bytes(gateway)
            port = int(gateway.url.rpartition(":")[2])
            exchanging = asyncio.create_task(exchange(port))
            while not exchanging.done():
                await asyncio.wait((exchanging,), timeout=0.1)
                most = max(most, resident_bytes(gateway))

            assert await exchanging == SIZE
            assert raw.gone.is_set()
            print(f"idle {idle >> 20} MiB, at most {most >> 20} MiB")
            assert most - idle < ROOM
