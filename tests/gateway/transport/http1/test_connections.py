"""How connections are kept, waited for, and given up."""

import asyncio
import socket
import time

import pytest

from tests.support.calls import upstream_request
from tests.support.scripted_server import Scripted, ScriptedServer
from weir.gateway.clock import SystemClock
from weir.gateway.transport.errors import (
    UpstreamConnectFailed,
    UpstreamConnectionLost,
    UpstreamOverloaded,
    UpstreamTimeout,
)
from weir.gateway.transport.http1.transport import Http1Transport
from weir.gateway.transport.origin import parse_origin
from weir.gateway.transport.policy import ConnectionPolicy, TransportPolicy

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def with_connections(
    server: ScriptedServer, connections: ConnectionPolicy
) -> Http1Transport:
    policy = TransportPolicy(connections=connections)
    return Http1Transport(parse_origin(server.url), policy, SystemClock())


async def test_a_cancelled_call_closes_its_connection(
    server: ScriptedServer, transport: Http1Transport
) -> None:
    server.play(Scripted(OK, delay_s=0.05), Scripted(OK.replace(b"ok", b"me")))
    request = upstream_request()
    call = asyncio.create_task(transport.call(request, (), request.deadline_s))
    await server.asked.wait()

    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    answer = await transport.call(request, (), request.deadline_s)

    assert (answer.body, server.connections) == (b"me", 2)


async def test_a_safe_call_on_a_connection_that_went_stale_is_repeated_once(
    server: ScriptedServer, transport: Http1Transport
) -> None:
    server.play(Scripted(OK), Scripted(b"", "close"), Scripted(OK))
    request = upstream_request()

    await transport.call(request, (), request.deadline_s)
    answer = await transport.call(request, (), request.deadline_s)

    assert answer.body == b"ok"
    assert (server.connections, len(server.requests)) == (2, 3)


async def test_a_stale_connection_fails_an_unsafe_call(
    server: ScriptedServer, transport: Http1Transport
) -> None:
    server.play(Scripted(OK), Scripted(b"", "close"), Scripted(OK))
    request = upstream_request("POST", safe=False, body=b"{}")

    await transport.call(request, (), request.deadline_s)
    with pytest.raises(UpstreamConnectionLost):
        await transport.call(request, (), request.deadline_s)

    assert len(server.requests) == 2


async def test_a_new_connection_that_closes_before_the_first_byte_is_a_failure(
    server: ScriptedServer, transport: Http1Transport
) -> None:
    server.play(Scripted(b"", "close"), Scripted(OK))
    request = upstream_request()

    with pytest.raises(UpstreamConnectionLost):
        await transport.call(request, (), request.deadline_s)


async def test_an_unsafe_call_never_meets_a_connection_known_to_be_closed(
    server: ScriptedServer, transport: Http1Transport
) -> None:
    server.play(Scripted(OK, "close"), Scripted(OK))
    request = upstream_request("POST", safe=False, body=b"{}")

    await transport.call(request, (), request.deadline_s)
    await asyncio.sleep(0.02)
    answer = await transport.call(request, (), request.deadline_s)

    assert (answer.body, server.connections) == (b"ok", 2)


async def test_no_more_connections_are_open_than_allowed_and_callers_take_turns(
    server: ScriptedServer,
) -> None:
    transport = with_connections(server, ConnectionPolicy(max_open=2))
    server.play(*[Scripted(OK)] * 10)
    request = upstream_request()

    answers = await asyncio.gather(
        *(transport.call(request, (), request.deadline_s) for _ in range(10))
    )

    assert [answer.body for answer in answers] == [b"ok"] * 10
    assert server.connections == 2
    await transport.close()


async def test_a_caller_that_waits_for_a_connection_gives_up_at_its_deadline(
    server: ScriptedServer,
) -> None:
    transport = with_connections(server, ConnectionPolicy(max_open=1))
    server.play(Scripted(OK, delay_s=0.1), Scripted(OK))
    request = upstream_request()
    first = asyncio.create_task(transport.call(request, (), request.deadline_s))
    await asyncio.sleep(0.02)

    with pytest.raises(UpstreamOverloaded, match="remained in use"):
        await transport.call(request, (), time.monotonic() + 0.02)
    assert (await first).body == b"ok"
    assert (await transport.call(request, (), request.deadline_s)).body == b"ok"
    await transport.close()


@pytest.mark.parametrize(
    "connections",
    [ConnectionPolicy(idle_s=0.02), ConnectionPolicy(lifetime_s=0.0)],
    ids=["idle", "lifetime"],
)
async def test_a_connection_is_not_kept_beyond_its_time(
    connections: ConnectionPolicy, server: ScriptedServer
) -> None:
    transport = with_connections(server, connections)
    server.play(Scripted(OK), Scripted(OK))
    request = upstream_request()

    await transport.call(request, (), request.deadline_s)
    await asyncio.sleep(0.05)
    await transport.call(request, (), request.deadline_s)

    assert server.connections == 2
    await transport.close()


async def test_a_refused_connection_says_so(policy: TransportPolicy) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        origin = parse_origin(f"http://127.0.0.1:{unused.getsockname()[1]}")
    transport = Http1Transport(origin, policy, SystemClock())
    request = upstream_request()

    with pytest.raises(UpstreamConnectFailed, match="refused"):
        await transport.call(request, (), request.deadline_s)


async def test_a_host_without_an_address_says_so(policy: TransportPolicy) -> None:
    transport = Http1Transport(
        parse_origin("http://weir.invalid:1"), policy, SystemClock()
    )
    request = upstream_request()

    with pytest.raises(UpstreamConnectFailed, match=r"weir\.invalid"):
        await transport.call(request, (), request.deadline_s)


async def test_nothing_is_sent_after_the_deadline(
    server: ScriptedServer, transport: Http1Transport
) -> None:
    server.play(Scripted(OK), Scripted(OK))
    request = upstream_request()
    await transport.call(request, (), request.deadline_s)

    with pytest.raises(UpstreamTimeout):
        await transport.call(request, (), time.monotonic() - 1)
    assert len(server.requests) == 1


async def test_callers_beyond_the_queue_for_connections_are_refused_at_once(
    server: ScriptedServer,
) -> None:
    transport = with_connections(server, ConnectionPolicy(max_open=1, max_waiting=1))
    server.play(Scripted(OK, delay_s=0.05), Scripted(OK))
    request = upstream_request()
    calls = [
        asyncio.create_task(transport.call(request, (), request.deadline_s))
        for _ in range(2)
    ]
    await asyncio.sleep(0.01)

    with pytest.raises(UpstreamOverloaded, match="wait for a connection"):
        await transport.call(request, (), request.deadline_s)
    assert [answer.body for answer in await asyncio.gather(*calls)] == [b"ok"] * 2
    await transport.close()
