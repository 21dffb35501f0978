"""An instance that misbehaves as it is told: `python chaos_server.py PORT MODE SEED`.

ok          answers in 2 ms
slow        answers in 150 ms
reset       one answer in five ends at a random byte, by a reset
broken      one answer in five is framed wrongly
flapping    answers 503 for 300 ms, then well for 300 ms, and so on
narrow:0.04 works on 4 calls at once, each for 40 ms, and the others wait
"""

import asyncio
import random
import socket
import struct
import sys
import time

HEAD = b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
BROKEN = (
    b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    b"garbage\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n",
)
WIDTH = asyncio.Semaphore(4)


class Instance:
    def __init__(self, mode: str, seed: int) -> None:
        self.mode, _, work_s = mode.partition(":")
        self.work_s = float(work_s or 0)
        self.rng = random.Random(seed)  # noqa: S311 - chance, not secrecy

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                number = await _body(reader, head) or b"null"
                if not await self._answer(b'{"echo": %s}' % number, head, writer):
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, body: bytes, head: bytes, writer: asyncio.StreamWriter
    ) -> bool:
        healthy = head.startswith(b"GET /health")
        status = 200 if healthy else await self._work()
        data = HEAD % (status, len(body)) + body
        unlucky = not healthy and self.rng.random() < 0.2
        if unlucky and self.mode == "broken":
            data = self.rng.choice(BROKEN)
        if unlucky and self.mode == "reset":
            writer.write(data[: self.rng.randrange(len(data))])
            await writer.drain()
            _reset(writer)
            return False
        writer.write(data)
        await writer.drain()
        return not (unlucky and self.mode == "broken")

    async def _work(self) -> int:
        if self.mode == "narrow":
            async with WIDTH:
                await asyncio.sleep(self.work_s)
            return 200
        await asyncio.sleep(0.150 if self.mode == "slow" else 0.002)
        failing = self.mode == "flapping" and int(time.monotonic() / 0.3) % 2
        return 503 if failing else 200


def _reset(writer: asyncio.StreamWriter) -> None:
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return await reader.readexactly(int(line[15:]))
    return b""


async def main(port: int, mode: str, seed: int) -> None:
    instance = Instance(mode, seed)
    server = await asyncio.start_server(instance.serve, "127.0.0.1", port)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
