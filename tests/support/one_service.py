"""The control port of a gateway with one upstream, whose breaker is open."""

import asyncio
from dataclasses import dataclass, field

import httpx

from tests.support.calls import RecordingSink
from tests.support.fake_clock import FakeClock
from tests.support.fixed_registry import FixedRegistry
from weir.gateway.control.access import ControlAccess
from weir.gateway.control.app import control_app
from weir.gateway.control.errors import NoWorkers, ReloadRefused
from weir.gateway.control.observation.feed import RateFeed
from weir.gateway.control.registry import ConfigVersion
from weir.gateway.control.target import (
    ClientUse,
    ConfigSnapshot,
    GenerationSnapshot,
    OperationUsage,
    PreparationsSnapshot,
    SdlCopySnapshot,
    UsageSnapshot,
    WorkerSnapshot,
)
from weir.gateway.server.process.readiness import Readiness
from weir.gateway.telemetry.log.levels import Level, LoggerLevel, LogLevels
from weir.gateway.telemetry.metrics.burn_rates import ObjectiveState
from weir.gateway.telemetry.metrics.prometheus import Format
from weir.gateway.telemetry.metrics.rates import RateHistory, WindowRates
from weir.gateway.telemetry.metrics.store import MetricsStore
from weir.gateway.telemetry.requests.explanation import Explanation, RequestSummary
from weir.gateway.telemetry.usage import SystemUsage, system_usage
from weir.gateway.upstreams.instances.staleness import DiscoverySnapshot
from weir.gateway.upstreams.middleware.breaker.breaker import BreakerState
from weir.gateway.upstreams.middleware.cache.log import CacheLookup
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.snapshot import (
    BreakerSnapshot,
    CacheSnapshot,
    EndpointSnapshot,
    OperationSnapshot,
    ServiceSnapshot,
)

ENDPOINT = EndpointSnapshot(
    url="http://127.0.0.1:5101",
    weight=2,
    health="healthy",
    in_flight=1,
    latency_s=0.002,
    last_failure="",
    last_failure_age_s=None,
)


CACHE = CacheSnapshot(
    counts={"hit": 3, "miss": 1},
    recent=(
        CacheLookup(
            request_id="r1",
            method="GET",
            path="/titles/1",
            outcome="miss",
            reason="not stored",
        ),
    ),
)


def service(
    state: str, cache: CacheSnapshot | None, forced: str = ""
) -> ServiceSnapshot:
    breaker = BreakerSnapshot(
        state=state, forced=forced, failures=5, in_state_for_s=1.5, retry_after_s=28.5
    )
    return ServiceSnapshot(
        discovery=DiscoverySnapshot(
            source="consul", stale=True, stale_for_s=2.5, reason="no response"
        ),
        name="catalog",
        balancing="round_robin",
        breaker=breaker,
        endpoints=(ENDPOINT,),
        cache=cache,
        operations=(
            OperationSnapshot(
                name="GET /titles/{id}",
                calls=7,
                breaker=breaker,
            ),
            OperationSnapshot(name="Hmoe", calls=0, breaker=None),
        ),
    )


@dataclass
class OneService(FixedRegistry):
    """A gateway with one upstream whose breaker is open."""

    breaker: str = "open"
    serving: GenerationSnapshot | None = field(
        default_factory=lambda: GenerationSnapshot(
            id="g1", age_s=2.5, subgraphs=("catalog",), facades=("web",)
        )
    )
    refuse: str = ""
    cache: CacheSnapshot | None = CACHE
    forced: BreakerState | None = None
    acted_on: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    purged: list[Purge] = field(default_factory=list)

    def access(self) -> ControlAccess:
        return ControlAccess()

    async def services(self) -> tuple[ServiceSnapshot, ...]:
        forced = self.forced.value if self.forced else ""
        return (service(self.breaker, self.cache, forced),)

    async def reset_breaker(self, service: str, operation: str) -> None:
        assert service == "catalog"
        self.acted_on.append(operation)
        self.breaker = "closed"

    async def force_breaker(
        self, service: str, operation: str, state: BreakerState | None
    ) -> None:
        assert service == "catalog"
        self.acted_on.append(operation)
        self.forced = state

    async def check_health(self, service: str) -> None:
        self.checked.append(service)

    async def purge_cache(self, purge: Purge) -> int:
        self.purged.append(purge)
        return 7

    def generation(self) -> GenerationSnapshot | None:
        return self.serving

    async def schema(self, facade: str) -> str:
        return f"schema of {facade}"

    def supergraph(self, facade: str) -> str:
        return f"supergraph of {facade}"

    def config(self) -> ConfigSnapshot:
        return ConfigSnapshot("v1", {"redis": {"password": "***"}})

    async def reload(self) -> ConfigVersion:
        await asyncio.sleep(0)
        if self.refuse == "bug":
            raise ZeroDivisionError
        if self.refuse:
            raise ReloadRefused(self.refuse)
        return ConfigVersion("v2", "g2")

    async def preparations(self) -> PreparationsSnapshot:
        return PreparationsSnapshot(waiting=3, oldest_s=0.5)

    def sdl_copies(self) -> tuple[SdlCopySnapshot, ...]:
        return (SdlCopySnapshot("catalog", "/graphql", "ab", 9.5),)

    def rates(self) -> tuple[WindowRates, ...]:
        return RateHistory(MetricsStore(), FakeClock()).rates()

    async def workers(self) -> tuple[WorkerSnapshot, ...]:
        return (WorkerSnapshot(pid=1, connections=2, memory_bytes=3),)

    async def usage(self, element: str) -> UsageSnapshot:
        client = ClientUse(name="ios", version="3", requests=2, first_s=1.0, last_s=2.0)
        used = OperationUsage(
            facade="web",
            operation="Home",
            stored=True,
            sha256="ab",
            deprecated=(element,),
            clients=(client,),
        )
        return UsageSnapshot((used,), evicted=3)

    async def roll(self) -> None:
        raise NoWorkers

    def system(self) -> SystemUsage:
        return system_usage(FakeClock().epoch_s())

    async def recent_requests(self) -> tuple[RequestSummary, ...]:
        return ()

    async def request(self, request_id: str) -> Explanation | None:
        assert request_id == "unknown"
        return None

    async def objectives(self) -> tuple[ObjectiveState, ...]:
        return ()

    def log_levels(self) -> tuple[LoggerLevel, ...]:
        return LogLevels().shown()

    async def set_log_level(self, logger: str, level: Level | None) -> None:
        raise AssertionError(logger, level)

    async def metrics(self, form: Format) -> bytes:
        return f"gateway_active_connections 1.0 # {form.name}\n".encode()


class Control:
    """The application and what is behind it."""

    def __init__(self) -> None:
        self.target = OneService()
        self.readiness = Readiness()
        self.sink = RecordingSink()
        self.app = control_app(
            self.target,
            self.readiness,
            self.sink,
            RateFeed(self.target.rates, self.target.access),
        )

    async def ask(
        self, path: str, method: str = "GET", body: object = None
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:4001"
        ) as client:
            return await client.request(method, path, json=body)
