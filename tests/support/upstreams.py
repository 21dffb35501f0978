"""Upstreams over functions of this process, for tests of the stack."""

import asyncio
from collections import Counter, deque
from random import Random

from tests.support.calls import DeafSink
from weir.bffs.in_memory.transport import MemoryTransport
from weir.gateway.clock import Clock, SystemClock
from weir.gateway.discovery.policy import InstanceSpec
from weir.gateway.events import EventSink
from weir.gateway.headers import Headers
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.transport.transport import Transport
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.factories import DiscoveryFactory, new_discovery

Step = UpstreamResponse | Exception | int


class Fleet:
    """Instances that answer from scripts, then 200; only while the gate is open.

    Those in `slow` have gates of their own.
    """

    def __init__(self) -> None:
        self.scripts: dict[str, deque[Step]] = {}
        self.asked: Counter[str] = Counter()
        self.sent: list[Headers] = []
        self.closed: list[str] = []
        self.started = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.slow: dict[str, asyncio.Event] = {}

    def script(self, url: str, *steps: Step) -> None:
        self.scripts[url] = deque(steps)

    def transport(self, url: str, policy: TransportPolicy, clock: Clock) -> Transport:
        del policy
        return _FleetTransport(self, url, clock)

    async def answer(self, url: str, headers: Headers) -> UpstreamResponse:
        self.asked[url] += 1
        self.sent.append(headers)
        self.started.set()
        await self.slow.get(url, self.gate).wait()
        script = self.scripts.get(url)
        step: Step = script.popleft() if script else 200
        if isinstance(step, Exception):
            raise step
        return response(step, url) if isinstance(step, int) else step


class _FleetTransport(MemoryTransport):
    def __init__(self, fleet: Fleet, url: str, clock: Clock) -> None:
        async def handler(
            request: UpstreamRequest, headers: Headers
        ) -> UpstreamResponse:
            del request
            return await fleet.answer(url, headers)

        super().__init__(handler, clock)
        self._closes = (fleet.closed, url)

    async def close(self) -> None:
        closed, url = self._closes
        closed.append(url)


def response(
    status: int = 200, instance: str = "", body: bytes = b""
) -> UpstreamResponse:
    return UpstreamResponse(status=status, headers=(), body=body, instance=instance)


def instances(*urls: str) -> tuple[InstanceSpec, ...]:
    return tuple(InstanceSpec(url) for url in urls)


def runtime(
    clock: Clock | None = None,
    sink: EventSink | None = None,
    discoveries: DiscoveryFactory = new_discovery,
) -> Dependencies:
    return Dependencies(
        clock or SystemClock(),
        Random(1),  # noqa: S311 - chance, not secrecy
        sink or DeafSink(),
        discoveries=discoveries,
    )
