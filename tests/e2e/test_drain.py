"""SIGTERM under load: what was asked is answered, and nobody is surprised."""

import asyncio
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from examples.streaming.load import Accepted, Read, all_reads, take_references
from tests.gateway.routes.endpoints.websocket.test_websocket import (
    GREETING,
    HANDSHAKE,
    echo,
)
from tests.support.chaos import Stage
from tests.support.gateway import Gateway, running_gateway
from tests.support.raw_service import raw_service
from tests.support.served_process import connect
from tests.support.steady_load import patient_client
from weir.gateway.routes.endpoints.websocket.frames import close_frame

DRAIN_DELAY_S = 5
READS = [read for read in all_reads() if read.method == "GET"][:9]


@dataclass
class Drained:
    """What a client sees from SIGTERM until its connections are refused."""

    answered: list[Read] = field(default_factory=list)
    told_to_close: int = 0
    failed: list[str] = field(default_factory=list)
    refused: bool = False


async def ask_until_refused(
    http: httpx.AsyncClient, accepted: Accepted, reads: Sequence[Read]
) -> Drained:
    seen = Drained()
    while not seen.refused:
        for read in reads:
            await ask(http, read, accepted, seen)
        await asyncio.sleep(0.02)
    return seen


async def ask(
    http: httpx.AsyncClient, read: Read, accepted: Accepted, seen: Drained
) -> None:
    try:
        answer = await http.get(read.path)
    except httpx.ConnectError:
        # The listener is closed: this is where clients go elsewhere.
        seen.refused = True
        return
    except httpx.TransportError as error:
        seen.failed.append(f"{read}: {error!r}")
        return
    seen.answered.append(read)
    seen.told_to_close += answer.headers.get("connection") == "close"
    if answer.content not in accepted[read]:
        seen.failed.append(f"{read}: {answer.text[:200]}")


async def until_draining(gateway: Gateway) -> None:
    """Wait until load balancers are told that the gateway is not ready."""
    async with asyncio.timeout(DRAIN_DELAY_S), httpx.AsyncClient() as control:
        while True:
            ready = await control.get(f"{gateway.control}/ready")
            if ready.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                return
            await asyncio.sleep(0.01)


async def test_a_stopping_gateway_answers_all_it_was_asked(stage: Stage) -> None:
    gateway = stage.gateway
    async with patient_client(gateway.url) as http:
        accepted = await take_references(http, READS)
        stopped_s = time.monotonic()
        gateway.signal(signal.SIGTERM)
        await until_draining(gateway)
        seen = await ask_until_refused(http, accepted, READS)
        refused_after_s = time.monotonic() - stopped_s

    assert seen.failed == []
    assert set(seen.answered) == set(READS)
    assert seen.told_to_close == len(seen.answered)
    assert refused_after_s >= DRAIN_DELAY_S
    assert await gateway.exit_code(within_s=60) == 0


WEBSOCKET_CONFIG = """
server:
  port: ${{WEIR_PORT}}
  control: ${{WEIR_CONTROL}}
  drain_delay: 0s
upstreams:
  chat: {{instances: ["{url}"], health: {{active: false}}}}
routes:
  chat: {{path: /chat, proxy: {{upstream: chat, websocket: true}}}}
"""


async def test_websocket_connections_get_going_away_and_the_process_ends(
    tmp_path: Path,
) -> None:
    going_away = close_frame(1001, masked=False)
    config = tmp_path / "weir.yaml"
    async with raw_service(echo) as service:
        config.write_text(WEBSOCKET_CONFIG.format(url=service.url))
        async with running_gateway(config) as gateway:
            client = await connect(httpx.URL(gateway.url).port or 0)
            await client.send(HANDSHAKE.format(path="/chat", fields="").encode())
            async with asyncio.timeout(10):
                await client.reader.readuntil(b"\r\n\r\n" + GREETING)
            gateway.signal(signal.SIGTERM)

            async with asyncio.timeout(10):
                received = await client.reader.readexactly(len(going_away))
            client.close()

            assert received == going_away
            assert await gateway.exit_code() == 0
            assert service.bodies == [close_frame(1001, masked=True)]
