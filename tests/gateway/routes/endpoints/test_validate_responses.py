"""Validated responses, over sockets."""

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.support.calls import RecordingSink
from tests.support.raw_service import ok, raw_service, responding
from tests.support.routed_gateway import routed_gateway
from weir.gateway.events import RequestFinished

JSON = b"content-type: application/json"
BAD = b'{"id": "secret", "created": "x"}'
OPERATION = """
responses:
  "200":
    content:
      application/json:
        schema:
          type: object
          required: [id, password, created]
          properties:
            id: {type: integer}
            password: {type: string, writeOnly: true}
            created: {type: string, readOnly: true}
      text/csv: {}
  "202":
    headers:
      X-Total: {required: true, schema: {type: integer, minimum: 0}}
      x-tags: {schema: {type: array, items: {enum: [a, b]}}}
      date: {required: true, schema: {const: never}}
      content-type: {schema: {const: never}}
  2XX: {description: Not described.}
  default:
    content: {application/problem+json: {schema: {required: [title]}}}
"""
CREATED = b'{"id": 7, "created": "x"}'


@asynccontextmanager
async def serving(
    reply: bytes, mode: str, size: str = "1KiB", *, operation: str = OPERATION
) -> AsyncIterator[tuple[httpx.AsyncClient, RecordingSink]]:
    async with raw_service(responding(reply, closes=True)) as service:
        lines = operation.replace("\n", "\n        ")
        config = f"""
upstreams: {{s: {{instances: ["{service.url}"], health: {{active: false}}}}}}
routes:
  x:
    path: /x
    proxy: s
    validation:
      modes: {{response: {mode}}}
      max_size: {size}
      operation: {lines}
"""
        async with (
            routed_gateway(config) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            yield client, gateway.sink


def failures(sink: RecordingSink) -> list[str]:
    finished = [each for each in sink.events if isinstance(each, RequestFinished)]
    return [failure.detail for each in finished for failure in each.failures]


def with_status(status: bytes, body: bytes, *fields: bytes) -> bytes:
    return ok(body, *fields).replace(b"200 OK", status)


ZIPPED = gzip.compress(CREATED)
ACCEPTED = b"202 Accepted"
TEXT = b"content-type: text/plain"
CASES = [
    (ok(CREATED, JSON), ""),
    (ok(ZIPPED, JSON, b"content-encoding: gzip"), ""),
    (ok(b"1,2", b"content-type: text/csv"), ""),
    (with_status(b"201 Created", b"any", b"content-type: text/plain"), ""),
    (with_status(b"404 Not Found", b"{}", b"content-type: application/problem+json"),
     "response: It violates `required`."),
    (ok(BAD, JSON), "response/id: It violates `type`."),
    (ok(b"{", JSON), "response: The body cannot be read"),
    (ok(CREATED, JSON, b"content-encoding: gzip"), "response: The response cannot be"),
    (ok(b"<a/>", b"content-type: text/xml"), "response: The media type 'text/xml' is"),
    (ok(CREATED), "response: The media type '' is not described."),
    (with_status(ACCEPTED, b"any", TEXT, b"x-total: 7", b"x-tags: a, b"), ""),
    (with_status(ACCEPTED, b"any", b"X-Total: 7", b"x-tags: a", b"x-tags: b"), ""),
    (with_status(ACCEPTED, b"any"), "response header/x-total: It is required."),
    (with_status(ACCEPTED, b"any", b"x-total: secret"),
     "response header/x-total: It violates `type`."),
    (with_status(ACCEPTED, b"any", b"x-total: -1"),
     "response header/x-total: It violates `minimum`."),
    (with_status(ACCEPTED, b"any", b"x-total: 7", b"x-tags: a", b"x-tags: secret"),
     "response header/x-tags/1: It violates `enum`."),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "violation"), CASES)
async def test_a_response_that_is_not_as_described_is_rejected(
    reply: bytes, violation: str
) -> None:
    async with serving(reply, "enforce") as (client, _):
        response = await client.get("/x")

    if violation:
        assert response.status_code == httpx.codes.BAD_GATEWAY
        assert response.json()["code"] == "RESPONSE_INVALID"
        assert "secret" not in response.text
    else:
        assert response.content in (CREATED, b"1,2", b"any")


@pytest.mark.parametrize(("reply", "violation"), CASES)
async def test_a_response_that_is_measured_is_not_changed(
    reply: bytes, violation: str
) -> None:
    async with (
        serving(reply, "measure") as (client, sink),
        client.stream("GET", "/x") as response,
    ):
        raw = b"".join([each async for each in response.aiter_raw()])

    assert raw == reply.partition(b"\r\n\r\n")[2]
    assert response.headers["content-length"] == str(len(raw))
    assert [each[: len(violation)] for each in failures(sink)] == (
        [violation] * len(failures(sink)) if violation else []
    )
    assert bool(failures(sink)) is bool(violation)
    assert "secret" not in str(failures(sink))


async def test_without_a_mode_responses_are_streamed_as_they_are() -> None:
    async with serving(ok(BAD, JSON), '"off"') as (client, sink):
        assert (await client.get("/x")).content == BAD
    assert failures(sink) == []


async def test_a_large_response_is_rejected_or_not_measured() -> None:
    reply = ok(b'{"id": "%s"}' % (b"a" * 3000), JSON)
    async with serving(reply, "enforce") as (client, _):
        assert (await client.get("/x")).json()["code"] == "RESPONSE_INVALID"
    async with serving(reply, "measure") as (client, sink):
        assert (await client.get("/x")).content == reply.partition(b"\r\n\r\n")[2]
        assert failures(sink) == []


async def test_fields_of_a_response_without_a_body_are_validated_except_of_304() -> (
    None
):
    for status, code in ((b"202 Accepted", 502), (b"304 Not Modified", 304)):
        operation = OPERATION.replace('"202"', f'"{status[:3].decode()}"')
        async with serving(
            with_status(status, b""), "enforce", operation=operation
        ) as (client, _):
            assert (await client.get("/x")).status_code == code


async def test_the_response_to_head_is_not_validated() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"
    async with serving(head, "enforce") as (client, _):
        assert (await client.head("/x")).status_code == httpx.codes.OK
