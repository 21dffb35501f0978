"""The SDL of a service."""

from typing import Any

import pytest

from tests.support.calls import request_context
from tests.support.memory_upstream import MemoryUpstream, json_response
from weir.resolvers.errors import MalformedResponse
from weir.resolvers.sources.graphql.sdl import fetch_sdl


async def test_asks_a_service_for_its_sdl() -> None:
    body = {"data": {"_service": {"sdl": "type Query { a: Int }"}}}
    upstream = MemoryUpstream(lambda _: json_response(body))

    sdl = await fetch_sdl(upstream, "/graphql", request_context())

    assert sdl == "type Query { a: Int }"
    assert upstream.requests[0].safe


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"_service": {"sdl": 3}}},
        {"data": {"_service": None}},
        {"data": None, "errors": [{"message": "no such field"}]},
        {"data": {}},
    ],
)
async def test_a_service_that_tells_no_sdl_is_an_error(body: Any) -> None:
    upstream = MemoryUpstream(lambda _: json_response(body))

    with pytest.raises(MalformedResponse, match="_service"):
        await fetch_sdl(upstream, "/graphql", request_context())
