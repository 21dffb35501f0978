"""The state of the upstreams in several processes, as one.

Each process has its own breakers, and its own view of the instances by its attempts.
The merged state has the worst of each, and sums of what is counted.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from weir.gateway.upstreams.instances.staleness import DiscoverySnapshot
from weir.gateway.upstreams.middleware.cache.log import CacheOutcome
from weir.gateway.upstreams.snapshot import (
    AdaptiveLimitSnapshot,
    BreakerSnapshot,
    CacheSnapshot,
    EndpointSnapshot,
    OperationSnapshot,
    ServiceSnapshot,
)

_BREAKERS: Final = ("closed", "half_open", "open")
_HEALTH: Final = ("healthy", "ejected", "unhealthy")
"""From the best to the worst."""
_MAX_RECENT: Final = 100


def merged_services(
    processes: Iterable[Sequence[ServiceSnapshot]],
) -> tuple[ServiceSnapshot, ...]:
    """Return the services of all processes, in the order of the first that has each."""
    by_name: dict[str, list[ServiceSnapshot]] = {}
    for services in processes:
        for service in services:
            by_name.setdefault(service.name, []).append(service)
    return tuple(map(_service, by_name.values()))


def _service(same: Sequence[ServiceSnapshot]) -> ServiceSnapshot:
    endpoints: dict[str, list[EndpointSnapshot]] = {}
    operations: dict[str, list[OperationSnapshot]] = {}
    limits: dict[tuple[str, str], list[AdaptiveLimitSnapshot]] = {}
    for each in same:
        for endpoint in each.endpoints:
            endpoints.setdefault(endpoint.url, []).append(endpoint)
        for operation in each.operations:
            operations.setdefault(operation.name, []).append(operation)
        for limit in each.limits:
            limits.setdefault((limit.scope, limit.name), []).append(limit)
    return replace(
        same[0],
        panic=any(each.panic for each in same),
        waiting=sum(each.waiting for each in same),
        breaker=_breaker([each.breaker for each in same]),
        endpoints=tuple(map(_endpoint, endpoints.values())),
        discovery=_discovery([each.discovery for each in same if each.discovery]),
        cache=_cache([each.cache for each in same if each.cache]),
        operations=tuple(map(_operation, operations.values())),
        limits=tuple(min(each, key=_share) for each in limits.values()),
    )


def _breaker(same: Sequence[BreakerSnapshot]) -> BreakerSnapshot:
    """Return the worst breaker, one for all clients before one for a single client."""
    worst = max(same, key=lambda each: (_BREAKERS.index(each.acts_as), not each.client))
    return replace(worst, failures=sum(each.failures for each in same))


def _endpoint(same: Sequence[EndpointSnapshot]) -> EndpointSnapshot:
    worst = max(same, key=lambda each: _HEALTH.index(each.health))
    failed = [each for each in same if each.last_failure_age_s is not None]
    latest = min(failed, key=lambda each: each.last_failure_age_s or 0.0, default=worst)
    return replace(
        worst,
        in_flight=sum(each.in_flight for each in same),
        latency_s=sum(each.latency_s for each in same) / len(same),
        last_failure=latest.last_failure,
        last_failure_age_s=latest.last_failure_age_s,
    )


def _discovery(same: Sequence[DiscoverySnapshot]) -> DiscoverySnapshot | None:
    """Return the one that has been stale for the longest time."""
    return max(same, key=lambda each: each.stale_for_s, default=None)


def _cache(same: Sequence[CacheSnapshot]) -> CacheSnapshot | None:
    if not same:
        return None
    counts = Counter[CacheOutcome]()
    for each in same:
        counts.update(each.counts)
    latest = [each.recent[-_MAX_RECENT // len(same) :] for each in same]
    return CacheSnapshot(
        counts=counts, recent=tuple(lookup for each in latest for lookup in each)
    )


def _operation(same: Sequence[OperationSnapshot]) -> OperationSnapshot:
    breakers = [each.breaker for each in same if each.breaker]
    return replace(
        same[0],
        calls=sum(each.calls for each in same),
        breaker=_breaker(breakers) if breakers else None,
    )


def _share(limit: AdaptiveLimitSnapshot) -> float:
    return limit.share
