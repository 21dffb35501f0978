"""A served process for tests: `python serve_front.py OPTIONS_JSON`, ready on a line.

GET /slow?<seconds> answers late; GET /stuck?<how> never does; POST /echo answers its
body; /generation tells how often it was reloaded; the log of connections' refusals goes
to stdout at the end.
"""

import asyncio
import json
import sys
import time
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.support.fixed_registry import FixedRegistry
from tests.support.front_doubles import text
from tests.support.local_listener import pipeline_of
from weir.gateway.context import RequestContext
from weir.gateway.control.access import ControlAccess
from weir.gateway.control.app import control_app, probes_app
from weir.gateway.control.errors import NoWorkers
from weir.gateway.control.observation.feed import RateFeed
from weir.gateway.control.registry import ConfigVersion
from weir.gateway.control.target import (
    ConfigSnapshot,
    GenerationSnapshot,
    PreparationsSnapshot,
    SdlCopySnapshot,
    UsageSnapshot,
    WorkerSnapshot,
)
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.server.address import Address
from weir.gateway.server.limits import ConnectionLimits
from weir.gateway.server.listener import bind, new_listener
from weir.gateway.server.options import ServeOptions
from weir.gateway.server.process.readiness import Readiness
from weir.gateway.server.serve import Sockets, run
from weir.gateway.telemetry.log.levels import Level, LoggerLevel, LogLevels
from weir.gateway.telemetry.metrics.burn_rates import ObjectiveState
from weir.gateway.telemetry.metrics.prometheus import Format, exposition
from weir.gateway.telemetry.metrics.rates import WindowRates
from weir.gateway.telemetry.metrics.sink import MetricsSink
from weir.gateway.telemetry.metrics.store import MetricsStore
from weir.gateway.telemetry.requests.explanation import Explanation, RequestSummary
from weir.gateway.telemetry.usage import SystemUsage, system_usage
from weir.gateway.upstreams.middleware.breaker.breaker import BreakerState
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.snapshot import ServiceSnapshot


class CountingService(FixedRegistry):
    """Counts reloads; metrics are real."""

    def __init__(
        self, sockets: Sockets, readiness: Readiness, limits: ConnectionLimits
    ) -> None:
        self.store = MetricsStore()
        self.sink = MetricsSink(self.store)
        self.reloads = 0
        self.refused: list[str] = []
        self.stuck: set[str] = set()
        self._sockets = sockets
        self.pipeline = pipeline_of(self.handle, self.sink)
        self.data = new_listener(self.pipeline, limits, self.sink)
        self.control = control_app(
            self, readiness, self.sink, RateFeed(self.rates, self.access)
        )
        self.probes = probes_app(self, readiness)

    async def handle(self, request: Request, context: RequestContext) -> Response:
        path, query = request.head.path, request.head.query
        if path == "/slow":
            await asyncio.sleep(float(query))
        if path == "/stuck":
            self.stuck.add(query)
            await get_stuck(query)
        if path == "/end":
            await end_loop(query)
        if path == "/big":
            return text(b"x" * int(query))
        if path == "/bug":
            raise RuntimeError(context.request_id)
        if path == "/generation":
            return text(str(self.reloads).encode())
        return text(request.body or b"ok")

    def access(self) -> ControlAccess:
        return ControlAccess()

    async def start(self) -> None:
        await asyncio.sleep(0)

    async def started(self) -> None:
        self.store.connections.read_value(lambda: self.data.connections)
        ports = self._sockets.data.address.port, self._sockets.control.address.port
        print(*ports, flush=True)  # noqa: T201

    def end_streams(self) -> None:
        self.pipeline.end_streams()

    async def close(self) -> None:
        print("closed", flush=True)  # noqa: T201
        if "close" in self.stuck:
            await asyncio.Event().wait()

    async def reload(self) -> ConfigVersion:
        self.reloads += 1
        if self.reloads == 13:
            raise RuntimeError
        return ConfigVersion("", str(self.reloads))

    async def services(self) -> tuple[ServiceSnapshot, ...]:
        return ()

    async def reset_breaker(self, service: str, operation: str) -> None:
        raise AssertionError(service, operation)

    async def force_breaker(
        self, service: str, operation: str, state: BreakerState | None
    ) -> None:
        raise AssertionError(service, operation, state)

    async def check_health(self, service: str) -> None:
        raise AssertionError(service)

    async def purge_cache(self, purge: Purge) -> int:
        raise AssertionError(purge)

    def generation(self) -> GenerationSnapshot | None:
        return GenerationSnapshot(id=str(self.reloads), age_s=0)

    async def schema(self, facade: str) -> str:
        raise AssertionError(facade)

    def supergraph(self, facade: str) -> str:
        raise AssertionError(facade)

    def config(self) -> ConfigSnapshot:
        return ConfigSnapshot("", {})

    def sdl_copies(self) -> tuple[SdlCopySnapshot, ...]:
        return ()

    async def preparations(self) -> PreparationsSnapshot:
        return PreparationsSnapshot(waiting=0, oldest_s=0.0)

    def rates(self) -> tuple[WindowRates, ...]:
        return ()

    async def usage(self, element: str) -> UsageSnapshot:
        del element
        return UsageSnapshot((), 0)

    async def workers(self) -> tuple[WorkerSnapshot, ...]:
        return (WorkerSnapshot(pid=1, connections=2, memory_bytes=3),)

    async def roll(self) -> None:
        raise NoWorkers

    def system(self) -> SystemUsage:
        return system_usage(0)

    async def recent_requests(self) -> tuple[RequestSummary, ...]:
        return ()

    async def request(self, request_id: str) -> Explanation | None:
        raise AssertionError(request_id)

    async def objectives(self) -> tuple[ObjectiveState, ...]:
        return ()

    def log_levels(self) -> tuple[LoggerLevel, ...]:
        return LogLevels().shown()

    async def set_log_level(self, logger: str, level: Level | None) -> None:
        raise AssertionError(logger, level)

    async def metrics(self, form: Format) -> bytes:
        return exposition(self.store.snapshot(), form)


async def get_stuck(how: str) -> None:
    match how:
        case "callback":
            while True:
                pass
        case "call":
            time.sleep(1000)  # noqa: ASYNC251 - it is the fault
        case "thread":
            await asyncio.to_thread(time.sleep, 1000)
        case "task":
            while True:
                with suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()
        case _:
            return


async def end_loop(how: str) -> None:
    """End the event loop, as code of users can, now or when the process stops."""
    match how:
        case "stop":
            asyncio.get_running_loop().stop()
            await asyncio.sleep(0.01)
        case "exit":
            asyncio.get_running_loop().call_soon(sys.exit, 3)
            await asyncio.create_task(interrupted())
        case _:
            # The loop has only a weak reference to a task.
            LEFT.append(asyncio.create_task(exiting_when_cancelled()))


LEFT: list[asyncio.Task[None]] = []


async def exiting_when_cancelled() -> None:
    try:
        await asyncio.Event().wait()
    finally:
        sys.exit(7)


async def interrupted() -> None:
    raise KeyboardInterrupt


def main() -> int:
    options = json.loads(sys.argv[1])
    sockets = Sockets(
        data=bind(Address("127.0.0.1", 0)), control=bind(Address("127.0.0.1", 0))
    )
    readiness = Readiness()
    limits = ConnectionLimits(**options.pop("limits", {}))
    return run(
        lambda: CountingService(sockets, readiness, limits),
        sockets,
        readiness,
        ServeOptions(limits=limits, **options),
    )


if __name__ == "__main__":
    sys.exit(main())
