"""A gateway of a test: a configuration over services in memory."""

from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from weir.bffs.config.decode import LoadedConfig, load_config
from weir.bffs.config.environment import environment
from weir.bffs.config.single_instances import single_instances
from weir.bffs.config.unknown_name import unknown
from weir.bffs.facades.facade import Facade
from weir.bffs.in_memory.gateway import MemoryGateway, memory_gateway
from weir.bffs.testing.clock import AdvancingClock
from weir.bffs.testing.faults import Fault
from weir.bffs.testing.services import Service, ServiceRequest
from weir.bffs.testing.transport import TestedService, service_transport
from weir.gateway.clock import Clock
from weir.gateway.telemetry.fan_out import FanOut
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.transport.transport import Transport


@dataclass(frozen=True, slots=True)
class TestedGateway:
    """A gateway in memory, its services by upstream, and the clock of both.

    `client` is an httpx client of the gateway.
    """

    __test__ = False

    loaded: LoadedConfig
    clock: AdvancingClock
    _gateway: MemoryGateway
    _services: Mapping[str, TestedService]

    @property
    def client(self) -> httpx.AsyncClient:
        return self._gateway.client

    def facade(self, name: str) -> Facade:
        """Return the façade `name`; raises KeyError."""
        return self._gateway.facade(name)

    def requests(self, service: str) -> list[ServiceRequest]:
        """Return the requests that an upstream or a subgraph got; raises KeyError."""
        return self._services[self._upstream(service)].requests

    @contextmanager
    def fault(self, service: str, fault: Fault) -> Generator[None]:
        """Give an upstream, or the upstream of a subgraph, a fault for a while."""
        upstream = self._upstream(service)
        tested = self._services[upstream]
        tested.fault = fault
        try:
            yield
        finally:
            tested.fault = None
            self._gateway.registry.reset_breaker(upstream)

    def _upstream(self, service: str) -> str:
        subgraphs = dict(self.loaded.config.subgraphs)
        for facade in self.loaded.config.facades.values():
            subgraphs |= facade.subgraphs
        subgraph = subgraphs.get(service)
        upstream = subgraph.upstream if subgraph else service
        if upstream is None or upstream not in self._services:
            raise KeyError(unknown("service", service, self._services))
        return upstream


@asynccontextmanager
async def gateway(
    config: str | Path,
    services: Mapping[str, Service],
    variables: Mapping[str, str] | None = None,
) -> AsyncGenerator[TestedGateway]:
    """Run a gateway in memory over `services`, by the names of upstreams.

    `variables` are those of `${NAME}` in the configuration; others are read from the
    environment. Health checks are off. Raises ConfigError, and KeyError if an upstream
    has no service.
    """
    file = Path(config)
    loaded = load_config(file, {**environment(file.parent), **(variables or {})})
    if missing := sorted(loaded.config.upstreams.keys() - services.keys()):
        message = f"no service for upstream {', '.join(missing)} of {file}"
        raise KeyError(message)
    clock = AdvancingClock()
    tested = {name: TestedService(services[name]) for name in loaded.config.upstreams}
    in_memory, names = single_instances(loaded)

    def transport(url: str, policy: TransportPolicy, clock: Clock) -> Transport:
        del policy
        return service_transport(tested[names[url]], clock)

    async with memory_gateway(in_memory, FanOut([]), transport, clock) as running:
        yield TestedGateway(in_memory, clock, running, tested)
