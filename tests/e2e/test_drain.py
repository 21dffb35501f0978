"""SIGTERM under load: what was asked is answered, and nobody is surprised."""

import asyncio
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from examples.streaming.load import Accepted, Read, all_reads, client, take_references
from tests.support.chaos import Stage

READS = [read for read in all_reads() if read.method == "GET"][:9]


@dataclass
class Drained:
    """What a client sees from SIGTERM until its connections are refused."""

    answered: int = 0
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
    seen.answered += 1
    seen.told_to_close += answer.headers.get("connection") == "close"
    if answer.content not in accepted[read]:
        seen.failed.append(f"{read}: {answer.text[:200]}")


async def test_a_stopping_gateway_answers_all_it_was_asked(stage: Stage) -> None:
    gateway = stage.gateway
    async with client(gateway.url) as http, httpx.AsyncClient() as control:
        accepted = await take_references(http, READS)
        gateway.signal(signal.SIGTERM)
        stopped_s = time.monotonic()
        asking = asyncio.create_task(ask_until_refused(http, accepted, READS))
        await asyncio.sleep(1)
        ready = await control.get(f"{gateway.control}/ready")
        seen = await asking
        refused_after_s = time.monotonic() - stopped_s

    assert seen.failed == []
    assert ready.status_code == 503
    assert seen.answered > 20
    assert seen.told_to_close == seen.answered
    assert refused_after_s >= 4.5
    assert await gateway.exit_code() == 0
