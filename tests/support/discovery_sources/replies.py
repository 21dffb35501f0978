"""Responses of the sources of instances, whole or in chunks."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from tests.support.served_process import Connection


async def reply(
    connection: Connection, value: Any, *fields: bytes, status: int = 200
) -> None:
    """Send a JSON value, or bytes as they are."""
    body = value if isinstance(value, bytes) else orjson.dumps(value)
    lines = (b"HTTP/1.1 %d X" % status, b"content-length: %d" % len(body), *fields)
    await connection.send(b"\r\n".join(lines) + b"\r\n\r\n" + body)


async def begin_lines(connection: Connection) -> None:
    """Send the head of a stream."""
    await connection.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")


async def send_line(connection: Connection, value: Any) -> None:
    """Send one line of a stream, or bytes as they are."""
    line = value if isinstance(value, bytes) else orjson.dumps(value) + b"\n"
    await connection.send(b"%x\r\n%b\r\n" % (len(line), line))


async def end_lines(connection: Connection) -> None:
    """End a stream."""
    await connection.send(b"0\r\n\r\n")


def target_of(head: bytes) -> tuple[str, dict[str, list[str]]]:
    """Return the path of a request, and its query."""
    parts = urlsplit(head.split(b" ")[1].decode())
    return parts.path, parse_qs(parts.query, keep_blank_values=True)
