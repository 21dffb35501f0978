"""A service of JSON documents by path, over a real socket."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson

from tests.support.raw_service import RawService, raw_service, read_body
from tests.support.served_process import Connection

Document = Any
"""A JSON value, or a status with one, or raw bytes to send."""


@asynccontextmanager
async def json_service(documents: Mapping[str, Document]) -> AsyncIterator[RawService]:
    """Serve documents by their path with its query; other paths are 404."""

    async def respond(service: RawService, connection: Connection, head: bytes) -> None:
        service.bodies.append(await read_body(connection, head))
        target = head.split(b" ")[1].decode()
        await connection.send(_response(documents.get(target, (404, {}))))

    async with raw_service(respond) as service:
        yield service


def targets(service: RawService) -> list[str]:
    """Return the targets of the requests to a service, in order."""
    return [head.split(b" ")[1].decode() for head in service.heads]


def _response(document: Document) -> bytes:
    if isinstance(document, bytes):
        return document
    status, value, *fields = (
        document if isinstance(document, tuple) else (200, document)
    )
    body = value if isinstance(value, bytes) else orjson.dumps(value)
    lines = [
        f"HTTP/1.1 {status} X".encode(),
        b"content-type: application/json",
        b"content-length: %d" % len(body),
        *fields,
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
