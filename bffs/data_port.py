"""The data port of a gateway, which this process serves, or its workers."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.policies.server import serve_options, worker_count
from weir.bffs.generations.generation import Generation
from weir.bffs.serving import Serving
from weir.bffs.telemetry.gauges import measure_services, measure_workers
from weir.bffs.workers import template
from weir.bffs.workers.data_plane import DataPlane
from weir.bffs.workers.followed_sources import FollowedSources
from weir.bffs.workers.messages import SetLogLevel, WorkerState
from weir.bffs.workers.own_process import OwnProcess
from weir.bffs.workers.supervised_state import HealthResults, first_messages
from weir.bffs.workers.upstream_share import upstream_share
from weir.bffs.workers.worker_processes import WorkerProcesses
from weir.gateway.server.listener import new_listener
from weir.gateway.server.process.readiness import Readiness
from weir.gateway.server.serve import DataPort
from weir.gateway.server.workers.supervisor import Supervisor, SupervisorOptions
from weir.gateway.upstreams.dependencies import Dependencies


class ServedPort(Protocol):
    """The data port, and the data plane behind it."""

    @property
    def port(self) -> DataPort: ...

    @property
    def plane(self) -> DataPlane: ...

    @property
    def dependencies(self) -> Dependencies:
        """The dependencies of the generations in this process."""
        ...

    async def prepare(self) -> None:
        """Begin what takes time, while the first generation is built."""
        ...

    async def publish(self, built: Generation) -> None:
        """Let other processes serve a generation that this one has built."""
        ...

    def started(self) -> None:
        """Measure from now on, as the port is open."""
        ...

    async def close(self) -> None:
        """End the processes that still run."""
        ...


def served_port(
    loaded: LoadedConfig,
    serving: Serving,
    generation: Callable[[], Generation | None],
    readiness: Readiness,
) -> ServedPort:
    """Return the port as it is configured; `generation` returns the current one."""
    if worker_count(loaded.config.server) == 1:
        return _OwnPort(loaded, serving, generation)
    return _WorkersPort(loaded, serving, generation, readiness)


class _OwnPort:
    def __init__(
        self,
        loaded: LoadedConfig,
        serving: Serving,
        generation: Callable[[], Generation | None],
    ) -> None:
        self._serving = serving
        self.dependencies = serving.dependencies
        options = serve_options(loaded.config.server, loaded.folder)
        sink = serving.telemetry.sink
        self.port = new_listener(
            serving.pipeline, options.limits, sink, tls=options.tls
        )
        self.plane = OwnProcess(serving, generation, lambda: self.port.connections)
        measure_services(serving.telemetry.metrics, self.plane.current_services)

    async def prepare(self) -> None:
        """Do nothing: there are no other processes."""

    async def publish(self, built: Generation) -> None:
        """Do nothing: there are no other processes."""

    def started(self) -> None:
        self._serving.measure(self.port)

    async def close(self) -> None:
        """Do nothing: there are no other processes."""


class _WorkersPort:
    def __init__(
        self,
        loaded: LoadedConfig,
        serving: Serving,
        generation: Callable[[], Generation | None],
        readiness: Readiness,
    ) -> None:
        self._serving = serving
        self._generation = generation
        self._workers = worker_count(loaded.config.server)
        options = SupervisorOptions(
            workers=self._workers,
            template=template.__name__,
            serve=serve_options(loaded.config.server, loaded.folder),
        )
        self.port = Supervisor(options, self._first_messages, self._absorb)
        self._sources = FollowedSources(self.port.pool.send)
        self.dependencies = replace(
            serving.dependencies, discoveries=self._sources.discovery
        )
        metrics = serving.telemetry.metrics
        own = OwnProcess(serving, generation, lambda: 0)
        self.plane = WorkerProcesses(self.port, own, metrics, serving.usage)
        serving.telemetry.sink.add(HealthResults(self.port.pool.send))
        measure_workers(metrics, self.port, self._workers)
        self._gathering: asyncio.Task[None] | None = None
        readiness.serves = lambda: self.port.is_serving

    async def prepare(self) -> None:
        await self.port.pool.begin_template()

    async def publish(self, built: Generation) -> None:
        # The counts of the workers have the labels of this generation from now on.
        self._serving.telemetry.labels.follow(built.label_values)
        blueprint = built.blueprint
        shares = {
            name: upstream_share(policy, self._workers)
            for name, policy in blueprint.policies.items()
        }
        self._sources.share(blueprint.sources)
        await self.port.set_state(WorkerState(replace(blueprint, policies=shares)))

    def started(self) -> None:
        self._serving.telemetry.measure()
        self._gathering = asyncio.create_task(self.plane.gather_regularly())

    async def close(self) -> None:
        if self._gathering is not None:
            self._gathering.cancel()
        await self.port.close(0)
        self.port.release()

    def _first_messages(self) -> Iterator[object]:
        for logger, level in self._serving.telemetry.levels.all_set.items():
            yield SetLogLevel(logger, level)
        yield from self._sources.first_messages()
        if serving := self._generation():
            yield from first_messages(serving.registry)

    def _absorb(self, report: object) -> None:
        self.plane.absorb(report)
