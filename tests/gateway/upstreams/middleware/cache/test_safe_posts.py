"""The responses to safe POST requests, such as queries of GraphQL, in the cache."""

import pytest
from msgspec import structs

from tests.support.cached import CachedOrigin, fields, reply
from tests.support.calls import upstream_request

POST = upstream_request("POST", "/graphql", body=b'{"query":"{a}"}')


async def test_a_safe_post_is_kept_by_its_body_and_its_fields() -> None:
    cached = CachedOrigin(reply("Cache-Control: max-age=60"))
    same = fields("X-Request-Id: r2", "Traceparent: 00-1-2-01")

    await cached.answer(POST, fields("X-Request-Id: r1"))

    assert (await cached.ask(POST, same))[1] == "HIT"
    assert (await cached.ask(structs.replace(POST, body=b"{}")))[1] == "MISS"
    assert (await cached.ask(POST, fields("Accept-Language: de")))[1] == "MISS"
    assert (await cached.ask(structs.replace(POST, safe=False)))[1] == ""


@pytest.mark.parametrize(
    ("body", "status", "kept"),
    [
        (b'{"data":{"a":1}}', 200, True),
        (b'{"data":{"a":null},"errors":[{"message":"no"}]}', 200, False),
        (b'{"data":{"a":1},"errors":[]}', 200, True),
        (b'{"data":{"errors":["a field of that name"]}}', 200, True),
        (b'{"errors"', 200, False),
        (b'{"data":{}}', 404, False),
    ],
)
async def test_a_safe_post_is_kept_only_without_errors(
    body: bytes, status: int, *, kept: bool
) -> None:
    cached = CachedOrigin(reply("Cache-Control: max-age=60", status=status, body=body))

    await cached.answer(POST)

    assert ((await cached.ask(POST))[1] == "HIT") is kept


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Cache-Control: no-store", "no-store"),
        ("Content-Type: application/json", "no explicit freshness"),
        ("Cache-Control: max-age=0", "stale from the start"),
        ("Cache-Control: max-age=60", "errors"),
    ],
)
async def test_the_body_of_a_post_is_read_only_if_all_else_permits_storing(
    line: str, reason: str
) -> None:
    cached = CachedOrigin(reply(line, body=b'{"errors":[{"message":"no"}]}'))

    await cached.answer(POST)

    assert cached.log.recent[0].reason == f"uri-miss; not stored: {reason}"
