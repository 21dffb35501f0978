"""Events as Prometheus metrics; durations in seconds, labels bounded."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from weir.gateway.events import (
    AttemptFinished,
    BreakerChanged,
    CacheUsed,
    ConfigRejected,
    Event,
    FallbackUsed,
    FetchFinished,
    GenerationChanged,
    InstanceChanged,
    PlanBuilt,
    RequestFinished,
    SecurityDecision,
    SharedStoreChanged,
)
from weir.gateway.telemetry.metrics import Metrics
from weir.gateway.telemetry.series import Family
from weir.gateway.upstreams.snapshot import ServiceSnapshot

ReadServices: TypeAlias = Callable[[], Iterable[ServiceSnapshot]]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Answered by what the cache held, if only after asking whether it still holds.
_HITS = ("hit", "stale", "revalidated")
_BREAKER_STATES = ("closed", "open", "half_open")
_GETS_TRAFFIC = "healthy"


class PrometheusSink(Collector):
    """Keeps the numbers of its own registry; one thread updates and scrapes."""

    def __init__(self) -> None:
        self._metrics = Metrics()
        self._readings: list[tuple[str, str, Callable[[], float]]] = []
        self._read_services: ReadServices | None = None
        self._takes: dict[type[Event], Callable[[Any], None]] = {
            RequestFinished: self._take_request,
            AttemptFinished: self._take_attempt,
            FetchFinished: self._take_fetch,
            PlanBuilt: self._take_plan,
            CacheUsed: self._take_cache,
            FallbackUsed: self._take_fallback,
            BreakerChanged: self._take_breaker,
            InstanceChanged: self._take_instance,
            SharedStoreChanged: self._take_shared_store,
            GenerationChanged: self._take_generation,
            ConfigRejected: self._take_rejection,
            SecurityDecision: self._take_decision,
        }
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def wants(self, event_type: type[Event]) -> bool:
        return event_type in self._takes

    def emit(self, event: Event) -> None:
        self._takes[type(event)](event)

    def add_reading(
        self, name: str, documentation: str, read: Callable[[], float]
    ) -> None:
        """Add a gauge that is read at each scrape, such as open connections."""
        self._readings.append((name, documentation, read))

    def show_services(self, read: ReadServices) -> None:
        """Take breakers and instances from `read` at each scrape.

        Events tell only what has changed, not what was so from the start, nor what a
        reload has removed.
        """
        self._read_services = read

    def exposition(self) -> bytes:
        """Return the text format; its media type is CONTENT_TYPE."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Family]:
        if self._read_services is not None:
            self._show(tuple(self._read_services()))
        yield from self._metrics.collect()
        for name, documentation, read in self._readings:
            yield GaugeMetricFamily(name, documentation, value=read())

    def _show(self, services: tuple[ServiceSnapshot, ...]) -> None:
        self._metrics.breakers.replace(
            ((service.name, state), float(state == service.breaker.acts_as))
            for service in services
            for state in _BREAKER_STATES
        )
        self._metrics.operation_breakers.replace(
            ((service.name, each.name, state), float(state == each.breaker.acts_as))
            for service in services
            for each in service.operations
            if each.breaker is not None
            for state in _BREAKER_STATES
        )
        self._metrics.instances.replace(
            ((service.name, each.url), float(each.health == _GETS_TRAFFIC))
            for service in services
            for each in service.endpoints
        )

    def _take_request(self, event: RequestFinished) -> None:
        self._metrics.requests.add(
            (event.method, event.route, str(event.status), event.client_type)
        )
        self._metrics.request_duration.observe(
            (event.method, event.route, event.client_type),
            event.ended_s - event.started_s,
        )
        if event.error_code:
            self._metrics.errors.add((event.error_code, event.client_type))

    def _take_attempt(self, event: AttemptFinished) -> None:
        self._metrics.backend_duration.observe(
            (event.upstream, event.endpoint), event.ended_s - event.started_s
        )
        if event.outcome != "ok":
            self._metrics.errors.add((event.outcome, event.upstream))

    def _take_fetch(self, event: FetchFinished) -> None:
        self._metrics.fetch_duration.observe(
            (event.subgraph,), event.ended_s - event.started_s
        )

    def _take_plan(self, event: PlanBuilt) -> None:
        self._metrics.plan_duration.observe((), event.ended_s - event.started_s)

    def _take_cache(self, event: CacheUsed) -> None:
        self._metrics.cache.add((event.cache, event.outcome))
        misses = self._metrics.cache.value((event.cache, "miss"))
        hits = sum(
            self._metrics.cache.value((event.cache, outcome)) for outcome in _HITS
        )
        if hits or misses:
            self._metrics.cache_hit_rate.set((event.cache,), hits / (hits + misses))

    def _take_fallback(self, event: FallbackUsed) -> None:
        self._metrics.fallbacks.add((event.upstream, event.kind))

    def _take_breaker(self, event: BreakerChanged) -> None:
        for state in _BREAKER_STATES:
            is_in = float(state == event.after)
            if event.operation:
                self._metrics.operation_breakers.set(
                    (event.upstream, event.operation, state), is_in
                )
            else:
                self._metrics.breakers.set((event.upstream, state), is_in)

    def _take_instance(self, event: InstanceChanged) -> None:
        self._metrics.instances.set(
            (event.upstream, event.instance), float(event.healthy)
        )

    def _take_shared_store(self, event: SharedStoreChanged) -> None:
        self._metrics.shared_stores.set((event.store,), float(event.available))

    def _take_generation(self, event: GenerationChanged) -> None:
        self._metrics.generation.replace([((event.after,), 1.0)])

    def _take_rejection(self, _: ConfigRejected) -> None:
        self._metrics.rejected.add(())

    def _take_decision(self, event: SecurityDecision) -> None:
        self._metrics.refused.add((event.decision, event.reason))
