"""The responses of the control port, as types of their own that remain stable."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    """A value that is read from the attributes of a snapshot."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class StatusView(View):
    """`status` of the process."""

    status: Literal["alive", "starting", "ready", "draining"]


class PreparationsView(View):
    """New operations that are not planned yet: how many wait, and the oldest's age."""

    waiting: int
    oldest_s: float


class SdlCopyView(View):
    """The last SDL of a service that is down: its SHA-256 in hexadecimal, its age."""

    upstream: str
    path: str
    sha256: str
    age_s: float


class ReadinessView(StatusView):
    """Whether the process takes requests, and whether new operations get their turn.

    `sdl_copies` has the services that are down, and whose last SDL is used.
    """

    preparations: PreparationsView
    sdl_copies: list[SdlCopyView]


class BreakerView(View):
    """A circuit breaker; times in seconds. `forced` is a state, or empty.

    If `client` is not empty, only the calls of that client are rejected.
    """

    state: str
    forced: str
    client: str
    failures: int
    in_state_for_s: float
    retry_after_s: float


class EndpointView(View):
    """One instance; `last_failure_age_s` is null without a known failure."""

    url: str
    weight: int
    health: str
    in_flight: int
    latency_s: float
    last_failure: str
    last_failure_age_s: float | None


class DiscoveryView(View):
    """The source of the instances, and for how long they have been stale.

    `reason` is empty unless they are.
    """

    source: str
    stale: bool
    stale_for_s: float
    reason: str


class OperationView(View):
    """An operation with settings of its own; `breaker` is null without its own."""

    name: str
    calls: int
    breaker: BreakerView | None


class AdaptiveLimitView(View):
    """A rate limit that follows the upstream, and the share of it that is allowed.

    `trouble` is the reason for its last reduction, or empty.
    """

    scope: str
    name: str
    share: float
    trouble: str


class ServiceView(View):
    """A registered upstream and its instances.

    In a `panic`, calls also go to instances that are not healthy. `discovery` is null
    if the configuration lists the instances.
    """

    name: str
    available: bool
    balancing: str
    panic: bool
    breaker: BreakerView
    endpoints: tuple[EndpointView, ...]
    discovery: DiscoveryView | None
    operations: tuple[OperationView, ...]
    limits: tuple[AdaptiveLimitView, ...]


class ServicesView(View):
    """All registered upstreams."""

    services: tuple[ServiceView, ...]


class SplitView(View):
    """The weights of the backends of a version or a cohort; "" if not of one."""

    version: str
    cohort: str
    weights: Mapping[str, int]


class RouteView(View):
    """A plain route; without `hosts` or `methods`, it is for all of them.

    `conditions` have no values, which may be secrets. `weights` are those of its
    backends by name, and `splits` those of its versions and cohorts.
    """

    name: str
    path: str
    hosts: tuple[str, ...]
    methods: tuple[str, ...]
    conditions: tuple[str, ...]
    endpoint: str
    upstreams: tuple[str, ...]
    weights: Mapping[str, int]
    splits: tuple[SplitView, ...]


class RoutesView(View):
    """The plain routes in the order of the configuration."""

    routes: tuple[RouteView, ...]


class EndpointsView(View):
    """The instances of one upstream."""

    service: str
    endpoints: tuple[EndpointView, ...]


class CacheLookupView(View):
    """One request that was not a hit; `reason` is the reason."""

    request_id: str
    method: str
    path: str
    outcome: str
    reason: str


class CacheView(View):
    """The response cache of one upstream; `recent` lists lookups that were not hits."""

    counts: dict[str, int]
    recent: tuple[CacheLookupView, ...]


class CachePurge(BaseModel):
    """Responses to remove: of one upstream, below a path, with a tag (empty: any)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    upstream: str
    path_prefix: str = ""
    tag: str = ""


class PurgedView(View):
    """The number of removed responses."""

    purged: int


class ForcedState(BaseModel):
    """The state that a breaker is forced into; null lets it decide again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: Literal["open", "closed"] | None


class ServiceBreakerView(BreakerView):
    """A circuit breaker; `operation` is empty for that of the upstream."""

    service: str
    operation: str


class BreakersView(View):
    """All circuit breakers."""

    circuit_breakers: tuple[ServiceBreakerView, ...]


class ClientUseView(View):
    """The requests of one version of an application; times are seconds since 1970."""

    name: str
    version: str
    requests: int
    first_s: float
    last_s: float


class OperationUsageView(View):
    """An operation, the deprecated elements that it uses, and its clients."""

    facade: str
    operation: str
    stored: bool
    sha256: str
    deprecated: tuple[str, ...]
    clients: tuple[ClientUseView, ...]


class UsageView(View):
    """The operations in use. Uses of so many other documents have been `evicted`."""

    operations: tuple[OperationUsageView, ...]
    evicted: int


class GenerationView(View):
    """The serving generation."""

    id: str
    age_s: float
    subgraphs: tuple[str, ...]
    facades: tuple[str, ...]


class ReloadView(View):
    """The generation that serves after a reload."""

    generation: str


class NamedRatesView(View):
    """Requests per second, the share that failed, and the latency in seconds."""

    name: str
    requests_per_s: float
    error_share: float
    p50_s: float | None
    p95_s: float | None
    p99_s: float | None


class WindowView(View):
    """The rates of about the last `window_s`: of the last `covered_s`."""

    window_s: float
    covered_s: float
    facades: tuple[NamedRatesView, ...]
    operations: tuple[NamedRatesView, ...]
    routes: tuple[NamedRatesView, ...]
    services: tuple[NamedRatesView, ...]


class RatesView(View):
    """The rates of the last minute, five minutes and hour."""

    windows: tuple[WindowView, ...]


class ProcessView(View):
    """This process; `cpu_s` is the CPU time since its start."""

    pid: int
    uptime_s: float
    cpu_s: float
    memory_bytes: int
    descriptors: int
    max_descriptors: int
    threads: int


class WorkerView(View):
    """A process that serves; `memory_bytes` has its part of shared memory."""

    pid: int
    connections: int
    memory_bytes: int


class WorkersView(View):
    """The processes that serve the data port."""

    workers: tuple[WorkerView, ...]


class MachineView(View):
    """The machine: its load of 1, 5 and 15 minutes, memory, and disk."""

    cpus: int
    load: tuple[float, float, float]
    memory_bytes: int
    memory_available_bytes: int
    disk_bytes: int
    disk_free_bytes: int


class SystemView(View):
    """The process, and its machine."""

    process: ProcessView
    machine: MachineView
