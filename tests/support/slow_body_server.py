"""An instance for tests that kill it: echoes a number in a body sent in two parts.

Run as `python slow_body_server.py PORT`; prints the port it listens on. The pause
within the body makes a kill hit answers in their middle.
"""

import asyncio
import sys

HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            body = b'{"echo": %s}' % (await _body(reader, head) or b"null")
            writer.write(HEAD % len(body) + body[:4])
            await asyncio.sleep(0.005)
            writer.write(body[4:])
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return await reader.readexactly(int(line[15:]))
    return b""


async def main(port: int) -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
