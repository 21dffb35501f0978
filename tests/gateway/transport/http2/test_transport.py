"""HTTP/2: many calls on one connection, and none that disturbs another."""

import asyncio
import random
import time
from dataclasses import replace

import pytest
from h2.errors import ErrorCodes
from h2.settings import SettingCodes

from tests.support.calls import upstream_request
from tests.support.http2_client import POLICY, Client, client_of, echo, head_only
from tests.support.http2_server import Http2Server, ServedStream, http2_server
from tests.support.scripted_server import Scripted, scripted_server
from weir.gateway.transport.errors import (
    UpstreamConnectFailed,
    UpstreamConnectionLost,
    UpstreamError,
    UpstreamOverloaded,
    UpstreamProtocolError,
    UpstreamReplyTooLarge,
    UpstreamTimeout,
)
from weir.gateway.transport.http2.exchange import STREAM_WINDOW
from weir.gateway.transport.policy import ConnectionPolicy


async def test_a_thousand_calls_in_flight_share_few_connections() -> None:
    async with client_of(policy=replace(POLICY, connect_s=30.0)) as client:
        bodies = [b"%d" % number for number in range(1000)]
        answers = await asyncio.gather(*(client.ask("/", body) for body in bodies))

        assert [answer.body for answer in answers] == bodies
        assert len(client.server.connections) <= 10


async def test_as_many_calls_as_a_connection_takes_share_one() -> None:
    async with client_of() as client:
        await asyncio.gather(*(client.ask("/slow") for _ in range(100)))

        assert len(client.server.connections) == 1


async def test_no_more_exchanges_are_open_than_the_peer_allows() -> None:
    most = 0

    async def count(stream: ServedStream) -> None:
        nonlocal most
        most = max(most, stream.peer.h2.open_inbound_streams)
        await asyncio.sleep(0.01)
        await stream.answer()

    policy = replace(POLICY, connections=ConnectionPolicy(max_open=1))
    settings = {SettingCodes.MAX_CONCURRENT_STREAMS: 3}
    async with client_of(count, policy, settings) as client:
        await asyncio.gather(*(client.ask() for _ in range(20)))

        assert (most, len(client.server.connections)) == (3, 1)


async def test_a_caller_that_finds_no_room_by_its_deadline_is_refused() -> None:
    policy = replace(POLICY, connections=ConnectionPolicy(max_open=1, max_waiting=1))
    settings = {SettingCodes.MAX_CONCURRENT_STREAMS: 1}
    async with client_of(policy=policy, settings=settings) as client:
        first = asyncio.create_task(client.ask("/slow"))
        await asyncio.sleep(0.05)
        waiting = asyncio.create_task(client.ask(timeout_s=0.1))
        await asyncio.sleep(0.01)

        with pytest.raises(UpstreamOverloaded, match="wait for a connection"):
            await client.ask()
        with pytest.raises(UpstreamOverloaded, match="remained full"):
            await waiting
        assert (await first).status == 200


async def test_all_who_wait_go_on_when_the_peer_allows_more() -> None:
    async def allow_more(stream: ServedStream) -> None:
        if len(stream.peer.server.streams) == 1:
            await asyncio.sleep(0.05)
            stream.peer.h2.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: 50})
            stream.peer.flush()
        await asyncio.sleep(0.1)
        await stream.answer(b"ok")

    policy = replace(POLICY, connections=ConnectionPolicy(max_open=1))
    settings = {SettingCodes.MAX_CONCURRENT_STREAMS: 1}
    async with client_of(allow_more, policy, settings) as client:
        started_s = time.monotonic()
        await asyncio.gather(*(client.ask() for _ in range(100)))

        assert time.monotonic() - started_s < 5  # one after the other, it is 10


async def test_a_call_given_up_is_reset_and_disturbs_no_other() -> None:
    async with client_of() as client:
        slow = asyncio.create_task(client.ask("/slow", b"mine"))
        hanging = asyncio.create_task(client.ask("/hang"))
        await asyncio.sleep(0.05)
        hanging.cancel()
        with pytest.raises(UpstreamTimeout):
            await client.ask("/hang", timeout_s=0.05)

        assert (await slow).body == b"mine"
        given_up = [each for each in client.server.streams if each.path == "/hang"]
        assert [each.was_reset.is_set() for each in given_up] == [True, True]
        assert len(client.server.connections) == 1


async def test_calls_given_up_in_their_answer_use_nothing_up() -> None:
    async def flood(stream: ServedStream) -> None:
        if stream.path == "/flood":
            stream.head(200)
            await stream.send(bytes(64 * STREAM_WINDOW))
        else:
            await stream.answer(b"ok")

    policy = replace(POLICY, max_response_bytes=STREAM_WINDOW // 4)
    async with client_of(flood, policy) as client:
        for _ in range(40):
            with pytest.raises(UpstreamReplyTooLarge):
                await client.ask("/flood")

        assert (await client.ask()).body == b"ok"
        assert len(client.server.connections) == 1


@pytest.mark.parametrize("path", ["/reset/INTERNAL_ERROR", "/half/CANCEL"])
async def test_a_reset_of_the_peer_breaks_off_one_call_alone(path: str) -> None:
    async with client_of() as client:
        slow = asyncio.create_task(client.ask("/slow", b"mine"))
        with pytest.raises(UpstreamConnectionLost, match="reset the exchange") as lost:
            await client.ask(path)

        assert not lost.value.unreached
        assert (await slow).body == b"mine"
        assert len(client.server.connections) == 1


@pytest.mark.parametrize("safe", [True, False])
async def test_a_refused_request_is_made_again_whatever_it_is(*, safe: bool) -> None:
    async def refuse_first(stream: ServedStream) -> None:
        if len(stream.peer.server.streams) == 1:
            stream.reset(ErrorCodes.REFUSED_STREAM)
        else:
            await stream.answer(await stream.body())

    async with client_of(refuse_first) as client:
        request = upstream_request("POST", safe=safe, body=b"{}")

        assert (await client.call(request)).body == b"{}"


async def test_a_request_refused_again_says_that_nothing_was_done() -> None:
    async with client_of() as client:
        with pytest.raises(UpstreamConnectionLost) as refused:
            await client.ask("/reset/REFUSED_STREAM")

        assert refused.value.nothing_sent


async def test_a_server_that_goes_away_answers_what_it_began() -> None:
    going, next_is_answered = asyncio.Event(), asyncio.Event()

    async def go_away(stream: ServedStream) -> None:
        body = await stream.body()
        if body == b"last":
            stream.peer.go_away(stream.id)
            going.set()
            await next_is_answered.wait()
        await stream.answer(body)

    async with client_of(go_away) as client:
        last = asyncio.create_task(
            client.call(upstream_request("POST", safe=False, body=b"last"))
        )
        await going.wait()

        assert (await client.ask("/", b"next")).body == b"next"
        next_is_answered.set()
        assert (await last).body == b"last"
        first, second = client.server.connections
        await asyncio.wait_for(first.lost.wait(), 30)
        assert not second.lost.is_set()


async def test_what_a_server_did_not_begin_before_it_went_is_made_again() -> None:
    async def go_away(stream: ServedStream) -> None:
        body = await stream.body()
        if len(stream.peer.server.connections) == 1:
            stream.peer.go_away(0)
            await asyncio.sleep(0.05)
            stream.peer.transport.abort()
        await stream.answer(body)

    async with client_of(go_away) as client:
        request = upstream_request("POST", safe=False, body=b"once")

        assert (await client.call(request)).body == b"once"


async def test_a_lost_connection_fails_calls_on_it_that_are_not_safe() -> None:
    async def hang_up(stream: ServedStream) -> None:
        body = await stream.body()
        if body == b"bye":
            stream.peer.transport.abort()
        else:
            await stream.answer(body)

    async with client_of(hang_up) as client:
        await client.ask()
        request = upstream_request("POST", safe=False, body=b"bye")

        with pytest.raises(UpstreamConnectionLost):
            await client.call(request)
        assert len(client.server.streams) == 2
        assert (await client.ask("/", b"next")).body == b"next"


async def test_a_safe_call_that_meets_a_connection_in_its_end_is_repeated_once() -> (
    None
):
    async def hang_up_second(stream: ServedStream) -> None:
        if len(stream.peer.server.streams) == 2:
            stream.peer.transport.abort()
        else:
            await stream.answer(b"ok")

    async with client_of(hang_up_second) as client:
        await client.ask()

        assert (await client.ask()).body == b"ok"
        assert len(client.server.streams) == 3


async def test_a_connection_that_is_silent_in_a_timeout_is_not_used_again() -> None:
    frozen = asyncio.Event()

    async def freeze_first(stream: ServedStream) -> None:
        if len(stream.peer.server.connections) == 1:
            await frozen.wait()
        await stream.answer(b"ok")

    async with client_of(freeze_first) as client:
        with pytest.raises(UpstreamTimeout):
            await client.ask(timeout_s=0.05)

        assert (await client.ask()).body == b"ok"


BROKEN: dict[str, tuple[str, type[UpstreamError]]] = {
    "too many headers": ("/lines/200", UpstreamProtocolError),
    "too large a body": (f"/bytes/{5 * 1024 * 1024}", UpstreamReplyTooLarge),
    "a body announced that never comes": ("/empty/5", UpstreamProtocolError),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_what_breaks_the_rules_is_an_error_and_the_next_call_works(
    name: str,
) -> None:
    path, error = BROKEN[name]
    async with client_of() as client:
        with pytest.raises(error):
            await client.ask(path)

        assert (await client.ask("/", b"next")).body == b"next"


@pytest.mark.parametrize(
    "path",
    [
        "/head/099",
        "/head/000",
        "/head/200/abc",
        "/head/200/+5",
        "/head/200/5_0",
        "/head/200/5,5",
        "/head/200/5/6",
        "/head/200/",
        f"/head/200/{10**30}",
        "/head/304/-1",
    ],
)
async def test_a_head_with_a_malformed_status_or_length_is_an_error(path: str) -> None:
    async with client_of(head_only) as client:
        deadline_s = time.monotonic() + 30
        with pytest.raises(UpstreamProtocolError):
            await client.call(upstream_request("HEAD", path, deadline_s=deadline_s))

        assert (await client.ask("/", b"next")).body == b"next"


async def test_large_bodies_flow_both_ways() -> None:
    async with client_of() as client:
        body = random.Random(1).randbytes(3 * 1024 * 1024)  # noqa: S311 - a pattern

        answers = await asyncio.gather(*(client.ask("/", body) for _ in range(4)))

        assert all(answer.body == body for answer in answers)


async def test_an_answer_that_comes_before_the_body_is_taken_ends_the_call() -> None:
    async def refuse(stream: ServedStream) -> None:
        stream.head(413, end=True)
        stream.reset(ErrorCodes.NO_ERROR)

    async with client_of(refuse) as client:
        assert (await client.ask("/", bytes(1024 * 1024))).status == 413


@pytest.mark.parametrize("lifetime_s", [0.0, 300.0])
async def test_a_connection_is_not_kept_beyond_its_time(lifetime_s: float) -> None:
    connections = ConnectionPolicy(idle_s=0.02, lifetime_s=lifetime_s)
    policy = replace(POLICY, connections=connections)
    async with client_of(policy=policy) as client:
        await client.ask()
        (first,) = client.server.connections
        await asyncio.wait_for(first.lost.wait(), 30)

        assert first.said_goodbye
        await client.ask()
        assert len(client.server.connections) == 2


async def test_a_connection_beyond_its_life_finishes_what_is_in_flight() -> None:
    policy = replace(POLICY, connections=ConnectionPolicy(lifetime_s=0.05))
    async with client_of(policy=policy) as client:
        slow = asyncio.create_task(client.ask("/slow", b"old"))
        await asyncio.sleep(0.1)

        assert (await client.ask("/", b"new")).body == b"new"
        assert (await slow).body == b"old"
        assert len(client.server.connections) == 2


async def test_closing_lets_what_is_in_flight_end() -> None:
    async with client_of() as client:
        slow = asyncio.create_task(client.ask("/slow", b"mine"))
        await asyncio.sleep(0.05)
        await client.transport.close()

        assert (await slow).body == b"mine"
        (connection,) = client.server.connections
        await asyncio.wait_for(connection.lost.wait(), 30)


async def test_a_peer_that_speaks_no_http2_cannot_be_connected_to() -> None:
    async with http2_server(echo) as server:
        server.greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n"
        client = Client(server, POLICY)

        with pytest.raises(UpstreamConnectFailed, match="not HTTP/2"):
            await client.ask()


async def test_a_peer_that_says_nothing_cannot_be_connected_to() -> None:
    async with scripted_server() as silent:
        silent.play(Scripted(b"", delay_s=9))
        client = Client(Http2Server(echo, url=silent.url), POLICY)

        with pytest.raises(UpstreamConnectFailed, match="could not start HTTP/2"):
            await client.ask()


async def test_callers_that_wait_for_one_connection_each_learn_why_not() -> None:
    async with http2_server(echo) as server:
        server.greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n"
        client = Client(server, POLICY)
        calls = (client.ask() for _ in range(5))

        failures = await asyncio.gather(*calls, return_exceptions=True)

        assert {type(each) for each in failures} == {UpstreamConnectFailed}
        assert len(server.connections) == 1


async def test_a_connection_is_opened_to_the_end_when_its_callers_have_left() -> None:
    async with scripted_server() as silent:
        silent.play(Scripted(b"", delay_s=9))
        client = Client(Http2Server(echo, url=silent.url), POLICY)
        for _ in range(2):
            with pytest.raises(UpstreamTimeout, match="no connection by the deadline"):
                await client.ask(timeout_s=0.02)

        await asyncio.wait_for(silent.asked.wait(), 30)
        assert silent.connections == 1, "the second caller found the first one's"
        await client.transport.close()


async def test_closing_fails_those_who_wait_for_a_connection() -> None:
    async with scripted_server() as silent:
        silent.play(Scripted(b"", delay_s=9))
        client = Client(Http2Server(echo, url=silent.url), POLICY)
        call = asyncio.create_task(client.ask())
        await asyncio.wait_for(silent.asked.wait(), 30)

        await client.transport.close()

        with pytest.raises(UpstreamConnectFailed, match="were closed"):
            await call
