"""A server with small limits, and what a refusal by it looks like."""

import asyncio
from dataclasses import replace

import orjson

from tests.support.front_doubles import text
from tests.support.served_process import Connection
from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.server.limits import ConnectionLimits

PATIENT = ConnectionLimits(
    head_bytes=2000,
    target_bytes=1000,
    head_s=30,
    body_s=30,
    idle_s=30,
    write_s=30,
    connections=10,
)


HASTY = replace(PATIENT, head_s=0.2, body_s=0.2, idle_s=0.3, write_s=0.3)
"""The limits for tests of times."""


GET = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"


async def answer(request: Request, _: RequestContext) -> Response:
    head = request.head
    if head.path == "/slow":
        await asyncio.sleep(float(head.query))
    if head.path == "/big":
        return text(b"x" * int(head.query))
    if head.path == "/head":
        return text(orjson.dumps([v.decode() for _, v in head.lines]))
    return text(request.body or head.query.encode() or b"ok")


async def assert_refused(client: Connection, status: int, code: str) -> None:
    reply = await client.reply()
    assert (reply.status, reply.closes) == (status, True)
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["date"].endswith(" gmt")
    assert orjson.loads(reply.body)["code"] == code
    assert await client.closed() == b""
