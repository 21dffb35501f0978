"""`Keep-Alive: timeout=` of a service: its connection is not used near its end."""

import pytest

from tests.support.calls import upstream_request
from tests.support.fake_clock import FakeClock
from tests.support.scripted_server import Scripted, scripted_server
from weir.gateway.transport.http1.keep_alive import idle_limit_s
from weir.gateway.transport.http1.transport import Http1Transport
from weir.gateway.transport.origin import parse_origin
from weir.gateway.transport.policy import TransportPolicy

RESPONSE = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n%b\r\nok"


@pytest.mark.parametrize(
    ("value", "limit_s"),
    [
        (b"timeout=5", 4.0),
        (b"timeout=5, max=100", 4.0),
        (b'max=100 , Timeout = "9"', 8.0),
        (b"timeout=0", 0.0),
        (b"timeout=1", 0.0),
        (b"timeout=600", 30.0),
        (b"max=100", 30.0),
        (b"xtimeout=5", 30.0),
        (b"timeout=-5", 30.0),
        (b"timeout=", 30.0),
        (b"", 30.0),
    ],
)
def test_the_limit_is_that_of_the_service_with_a_margin(
    value: bytes, limit_s: float
) -> None:
    lines = ((b"date", b"x"), (b"keep-alive", value))
    assert idle_limit_s(lines, 30.0) == limit_s


@pytest.mark.parametrize(
    ("field", "waited_s", "connections"),
    [
        (b"keep-alive: timeout=3\r\n", 1.9, 1),
        (b"keep-alive: timeout=3\r\n", 2.1, 2),
        (b"", 3.9, 1),
    ],
)
async def test_a_mutation_does_not_meet_a_connection_that_is_about_to_close(
    field: bytes, waited_s: float, connections: int
) -> None:
    clock = FakeClock()
    async with scripted_server() as server:
        server.play(*[Scripted(RESPONSE % field)] * 2)
        transport = Http1Transport(parse_origin(server.url), TransportPolicy(), clock)
        request = upstream_request("POST", safe=False, body=b"{}")

        await transport.call(request, (), clock.now_s + 10)
        clock.now_s += waited_s
        await transport.call(request, (), clock.now_s + 10)

        assert server.connections == connections
        await transport.close()
