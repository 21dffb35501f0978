"""Redirects of plain routes."""

from collections.abc import AsyncIterator

import pytest

from tests.support.proxied import get, parts
from tests.support.routed_gateway import RoutedGateway, routed_gateway

CONFIG = """
routes:
  moved: {path: /old/*, redirect: {to: "https://www.example.com/v2/*"}}
  here: {path: /here/*, redirect: {to: /*}}
"""


@pytest.fixture
async def gateway() -> AsyncIterator[RoutedGateway]:
    async with routed_gateway(CONFIG) as gateway:
        yield gateway


async def redirected(gateway: RoutedGateway, target: str) -> tuple[str, list[bytes]]:
    """Return the status line and the header lines of the response."""
    connection = await gateway.connect()
    await connection.send(get(target))
    status, lines, _ = parts(await connection.closed())
    return status, lines


async def test_the_rest_of_the_path_and_the_query_are_part_of_the_location(
    gateway: RoutedGateway,
) -> None:
    _, lines = await redirected(gateway, "/old/a%20b/c?x=1")

    assert b"location: https://www.example.com/v2/a%20b/c?x=1" in lines


@pytest.mark.parametrize(
    "target",
    [
        "/old/../x",
        "/old/%2e%2e/x",
        "/old/%252e%252e/x",
        "/old/..%2fx",
        "/old/..;/x",
        "/here//evil.example",
        "/here/\\evil.example",
    ],
)
async def test_a_redirect_does_not_leave_its_target(
    gateway: RoutedGateway, target: str
) -> None:
    status, lines = await redirected(gateway, target)

    assert status == "HTTP/1.1 400 Bad Request"
    assert not any(line.startswith(b"location") for line in lines)
