"""The life of a process, over real sockets and real signals."""

import asyncio
import json
import signal

import pytest

from tests.support.served_process import (
    Connection,
    ServedProcess,
    refused_connection,
    served_process,
)
from weir.gateway.server.address import Address
from weir.gateway.server.errors import ListenError
from weir.gateway.server.listener import bind


async def test_a_ready_process_says_so_on_the_control_port() -> None:
    async with served_process() as served:
        assert (await served.control("/health")).status == 200
        assert (await served.control("/ready")).status == 200


async def test_draining_serves_on_and_asks_clients_to_leave() -> None:
    async with served_process(drain_delay_s=0.6) as served:
        idle = await served.connect()
        assert not (await idle.ask()).closes
        served.signal(signal.SIGTERM)
        await asyncio.sleep(0.1)

        ready = await served.control("/ready")
        kept = await idle.ask()
        fresh = await (await served.connect()).ask()

        assert (ready.status, json.loads(ready.body)["status"]) == (503, "draining")
        assert (kept.status, kept.closes) == (200, True)
        assert (fresh.status, fresh.closes) == (200, True)
        assert await idle.closed() == b""
        assert await served.exit_code() == 0
        assert "closed" in await served.output()


async def test_what_is_in_flight_is_answered_after_the_listener_closed() -> None:
    async with served_process(drain_delay_s=0.1) as served:
        slow = await served.connect()
        answer = asyncio.create_task(slow.ask("/slow?1"))
        await asyncio.sleep(0.1)
        served.signal(signal.SIGTERM)
        await asyncio.sleep(0.5)

        assert refused_connection(served.data_port)
        assert not answer.done()
        reply = await answer

        assert (reply.status, reply.body, reply.closes) == (200, b"ok", True)
        assert await served.exit_code() == 0


async def test_idle_connections_do_not_hold_the_process() -> None:
    async with served_process(drain_delay_s=0, grace_s=60) as served:
        idle = await served.connect()
        await idle.ask()
        silent = await served.connect()
        served.signal(signal.SIGTERM)

        assert await served.exit_code() == 0
        assert await idle.closed() == await silent.closed() == b""


async def test_what_outlives_the_grace_time_is_cut_off_and_told() -> None:
    async with served_process(drain_delay_s=0, grace_s=0.3) as served:
        slow = await served.connect()
        await slow.send(b"GET /slow?60 HTTP/1.1\r\nhost: a\r\n\r\n")
        await asyncio.sleep(0.1)
        served.signal(signal.SIGTERM)

        assert await served.exit_code() == 1
        assert await slow.closed() == b""


async def test_the_second_signal_ends_it_at_once() -> None:
    async with served_process(drain_delay_s=30) as served:
        slow = await served.connect()
        await slow.send(b"GET /slow?60 HTTP/1.1\r\nhost: a\r\n\r\n")
        await asyncio.sleep(0.1)
        served.signal(signal.SIGTERM)
        await asyncio.sleep(0.2)
        served.signal(signal.SIGINT)

        assert await served.exit_code() == 1
        assert "closed" in await served.output()


async def test_sighup_reloads_and_a_reload_that_fails_is_survived() -> None:
    async with served_process() as served:
        client = await served.connect()
        for count in range(1, 16):
            served.signal(signal.SIGHUP)
            await _until(client, "/generation", str(count).encode())

        served.signal(signal.SIGTERM)


async def _until(client: Connection, path: str, body: bytes) -> None:
    async with asyncio.timeout(20):
        while (await client.ask(path)).body != body:
            pass


async def test_no_answer_is_lost_when_a_loaded_process_stops() -> None:
    async with served_process(drain_delay_s=0.5) as served:
        answered = await asyncio.gather(
            _stop(served, after_s=0.3), *(_load(served) for _ in range(8))
        )

        assert await served.exit_code() == 0
        assert sum(answered) > 200


async def _stop(served: ServedProcess, after_s: float) -> int:
    await asyncio.sleep(after_s)
    served.signal(signal.SIGTERM)
    return 0


async def _load(served: ServedProcess) -> int:
    """Ask without pause, on a new connection where told to; stop when refused.

    A connection that the kernel took after the listener's last look at its queue, and
    before it closed, is reset by the kernel before it is read: refused as well.
    """
    answered = 0
    while True:
        asked = 0
        try:
            connection = await served.connect()
        except (ConnectionRefusedError, ConnectionResetError):
            return answered
        while True:
            try:
                reply = await connection.ask("/slow?0.005")
            except (ConnectionResetError, asyncio.IncompleteReadError):
                assert not asked, "an answer on an open connection was lost"
                return answered
            asked += 1
            assert reply.status == 200
            answered += 1
            if reply.closes:
                break


async def test_a_taken_address_is_named() -> None:
    taken = bind(Address("127.0.0.1", 0))
    taken.socket.listen()
    with pytest.raises(ListenError) as caught:
        bind(taken.address)
    taken.socket.close()

    assert str(caught.value) == (
        f"cannot listen on 127.0.0.1:{taken.address.port}: "
        "the address is in use by another process"
    )


def test_another_cause_is_given_as_it_is() -> None:
    error = ListenError(Address("nowhere", 1), OSError(-2, "Name not known"))

    assert str(error) == "cannot listen on nowhere:1: Name not known"


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("192.0.2.1", "the address is not an address of this machine"),
        ("no.such.host.invalid", "cannot listen on no.such.host.invalid:0: "),
    ],
)
def test_an_address_of_somebody_else_is_named(host: str, reason: str) -> None:
    with pytest.raises(ListenError) as caught:
        bind(Address(host, 0))

    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("address", "text"),
    [(Address("localhost", 1), "localhost:1"), (Address("::1", 2), "[::1]:2")],
)
def test_addresses_print_as_they_are_written(address: Address, text: str) -> None:
    assert str(address) == text


STUCK = ("callback", "call", "thread", "task", "close")


async def stuck_by(served: ServedProcess, how: str) -> None:
    connection = await served.connect()
    await connection.send(
        f"GET /stuck?{how} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()
    )
    await asyncio.sleep(0.2)


@pytest.mark.parametrize("how", STUCK)
async def test_a_process_ends_in_time_after_sigterm_whatever_is_stuck(how: str) -> None:
    async with served_process(drain_delay_s=0.2, grace_s=0.3, closing_s=0.5) as served:
        await stuck_by(served, how)
        served.signal(signal.SIGTERM)

        assert await served.exit_code() == 1
        if how != "task":
            assert "does not end by itself" in await served.errors()


@pytest.mark.parametrize("how", ["callback", "thread"])
async def test_a_process_ends_at_once_after_a_second_sigterm(how: str) -> None:
    async with served_process(drain_delay_s=60, grace_s=60) as served:
        await stuck_by(served, how)
        served.signal(signal.SIGTERM)
        await asyncio.sleep(0.1)
        served.signal(signal.SIGTERM)

        assert await served.exit_code() == 1


@pytest.mark.parametrize(
    ("how", "status"), [("exit", 500), ("stop", 200), ("leftover", 200)]
)
async def test_an_exit_in_a_request_does_not_end_the_process(
    how: str, status: int
) -> None:
    async with served_process(drain_delay_s=0.1) as served:
        other = await served.connect()
        slow = asyncio.create_task(other.ask("/slow?0.3"))

        reply = await (await served.connect()).ask(f"/end?{how}")

        assert reply.status == status
        assert (await slow).status == 200
        served.signal(signal.SIGTERM)
        assert await served.exit_code() == 0
