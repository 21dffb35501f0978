"""Responses with very many names and values, where the configuration allows them."""

from dataclasses import replace

import pytest

from tests.support.upstream_stack import POLICY, A, B, call, stack
from tests.support.upstreams import Fleet, response
from weir.gateway.transport.errors import UpstreamReplyTooLarge
from weir.gateway.transport.json_reply import decode_reply
from weir.gateway.transport.policy import TransportPolicy

MEBIBYTE = 1024 * 1024
POINT = b'{"x":1,"y":2}'
POINTS = b"[" + b",".join([POINT] * 150_000) + b"]"
"""Of two mebibytes, with six names and values for each point."""


async def decoded(max_bytes: int) -> object:
    fleet = Fleet()
    for url in (A, B):
        fleet.script(url, response(body=POINTS))
    policy = replace(POLICY, transport=TransportPolicy(max_response_bytes=max_bytes))
    found = await call(stack(fleet, policy))
    return decode_reply(found.body, found.max_parts)


async def test_a_larger_limit_of_bytes_allows_more_names_and_values() -> None:
    assert await decoded(5 * MEBIBYTE) == [{"x": 1, "y": 2}] * 150_000


async def test_the_default_limit_of_bytes_does_not() -> None:
    with pytest.raises(UpstreamReplyTooLarge, match="524288 names and values"):
        await decoded(4 * MEBIBYTE)
