"""The SDL of a service."""

from typing import Any

import pytest

from tests.support.calls import request_context
from tests.support.memory_upstream import MemoryUpstream, json_response
from weir.resolvers.errors import MalformedResponse
from weir.resolvers.sources.graphql.sdl import fetch_sdl


async def test_the_sdl_of_a_service_is_fetched() -> None:
    body = {"data": {"_service": {"sdl": "type Query { a: Int }"}}}
    upstream = MemoryUpstream(lambda _: json_response(body))

    sdl = await fetch_sdl(upstream, "/graphql", request_context())

    assert sdl == "type Query { a: Int }"
    assert upstream.requests[0].safe


async def test_a_service_that_is_not_a_subgraph_is_named_so_with_its_error() -> None:
    body = {"errors": [{"message": "Cannot query field '_service'."}]}
    upstream = MemoryUpstream(lambda _: json_response(body, 400))

    with pytest.raises(MalformedResponse) as raised:
        await fetch_sdl(upstream, "/graphql", request_context())

    assert raised.value.detail == (
        "It is a GraphQL service, but not a subgraph: its response has no"
        " `_service { sdl }`. Cannot query field '_service'."
    )


@pytest.mark.parametrize(
    ("status", "location", "message"),
    [
        (
            308,
            b"https://books.example/api?x=1",
            "It redirects (status 308) to 'https://books.example/api?x=1'. Set the"
            " upstream's instance to https://books.example. Set the subgraph's `path`"
            " to /api.",
        ),
        (
            301,
            b"/graphql/",
            "It redirects (status 301) to '/graphql/'. Set the subgraph's `path` to"
            " /graphql/.",
        ),
        (302, b"", "It redirects (status 302) to ''."),
    ],
)
async def test_a_redirect_is_reported_with_its_target_and_the_settings(
    status: int, location: bytes, message: str
) -> None:
    fields = ((b"location", location),) if location else ()
    upstream = MemoryUpstream(lambda _: json_response(b"", status, fields))

    with pytest.raises(MalformedResponse) as raised:
        await fetch_sdl(upstream, "/graphql", request_context())

    assert raised.value.detail == message


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"_service": {"sdl": 3}}},
        {"data": {"_service": None}},
        {"data": None, "errors": [{"message": "no such field"}]},
        {"data": {}},
    ],
)
async def test_a_service_without_an_sdl_is_an_error(body: Any) -> None:
    upstream = MemoryUpstream(lambda _: json_response(body))

    with pytest.raises(MalformedResponse, match="_service"):
        await fetch_sdl(upstream, "/graphql", request_context())
