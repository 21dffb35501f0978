"""The redirect of a plain port, over real sockets."""

import asyncio

import pytest

from tests.support.calls import DeafSink, RecordingSink
from tests.support.limited_server import PATIENT, assert_refused
from tests.support.served_process import Connection
from weir.gateway.server.address import Address
from weir.gateway.server.https_redirect import https_redirect
from weir.gateway.server.listener import bind, new_listener


async def exchanged(port: int, sent: bytes) -> Connection:
    client = Connection(*await asyncio.open_connection("127.0.0.1", port))
    await client.send(sent)
    return client


async def location(sent: bytes, https_port: int) -> str:
    listener = new_listener(https_redirect(https_port), PATIENT, DeafSink())
    bound = bind(Address("127.0.0.1", 0))
    await listener.open(bound)
    try:
        client = await exchanged(bound.address.port, sent)
        reply = await client.reply()
        assert reply.status == 308
        assert "strict-transport-security" not in reply.headers
        client.close()
        return str(reply.headers["location"])
    finally:
        await listener.close(0)


@pytest.mark.parametrize(
    ("target", "host", "port", "expected"),
    [
        ("GET /a?b=c", "shop.example", 443, "https://shop.example/a?b=c"),
        ("GET /a%2fb?", "shop.example:80", 443, "https://shop.example/a%2fb"),
        ("GET /", "shop.example:8080", 4443, "https://shop.example:4443/"),
        ("GET /", "[2001:db8::1]", 443, "https://[2001:db8::1]/"),
        (
            "GET //other.example/",
            "[::1]:80",
            4443,
            "https://[::1]:4443//other.example/",
        ),
        ("GET http://a.example/b", "shop.example", 443, "https://a.example/b"),
        ("OPTIONS *", "shop.example", 443, "https://shop.example/"),
    ],
)
async def test_a_request_is_redirected_to_its_own_url_over_tls(
    target: str, host: str, port: int, expected: str
) -> None:
    sent = f"{target} HTTP/1.1\r\nhost: {host}\r\n\r\n".encode()

    assert await location(sent, port) == expected


async def test_the_method_and_the_body_of_a_write_are_to_be_repeated() -> None:
    sent = b"POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc"

    assert await location(sent, 443) == "https://a/a"


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a/b\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: user@a\r\n\r\n",
        # Two lengths (RFC 9112 §6.3), and a second request for those who use the first.
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n"
        b"transfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n",
    ],
)
async def test_a_malformed_request_has_one_response_and_ends_the_connection(
    sent: bytes,
) -> None:
    listener = new_listener(https_redirect(443), PATIENT, RecordingSink())
    bound = bind(Address("127.0.0.1", 0))
    await listener.open(bound)

    client = await exchanged(bound.address.port, sent)

    await assert_refused(client, 400, "BAD_REQUEST")
    client.close()
    await listener.close(0)
