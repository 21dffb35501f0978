"""Snapshots of the upstreams' state, for the control port."""

from collections.abc import Mapping
from dataclasses import dataclass

from weir.gateway.upstreams.instances.staleness import DiscoverySnapshot
from weir.gateway.upstreams.middleware.cache.log import CacheLookup, CacheOutcome
from weir.gateway.upstreams.model.policy import Balancing


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSnapshot:
    """One instance; `health` is the value of a `HealthStatus`."""

    url: str
    weight: int
    health: str
    in_flight: int
    latency_s: float
    last_failure: str
    last_failure_age_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSnapshot:
    """A circuit breaker; `state` and `forced` (if not empty) are `BreakerState`s.

    If `client` is not empty, only its calls are rejected.
    """

    state: str
    forced: str = ""
    client: str = ""
    failures: int
    in_state_for_s: float
    retry_after_s: float

    @property
    def acts_as(self) -> str:
        """The effective state of the breaker."""
        return self.forced or self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSnapshot:
    """The results of cache lookups.

    `recent` lists the latest lookups that were not hits, with the reason.
    """

    counts: Mapping[CacheOutcome, int]
    recent: tuple[CacheLookup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSnapshot:
    """An operation with overrides; `calls` is counted from their configuration on."""

    name: str
    calls: int
    breaker: BreakerSnapshot | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptiveLimitSnapshot:
    """A rate limit that follows the health of the upstream.

    `share` is the part of the limit that is allowed now. `trouble` is the reason for
    the last reduction, or "" if it grows or is whole. `scope` and `name` are those of
    the limit.
    """

    scope: str
    name: str
    share: float
    trouble: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSnapshot:
    """One upstream, with its instances, breakers, cache, and limits that follow it.

    There is no `discovery` if the configuration lists the instances.

    In a `panic`, calls also go to instances that are not healthy. `waiting` calls wait
    for a limit.
    """

    name: str
    balancing: Balancing
    panic: bool = False
    waiting: int = 0
    breaker: BreakerSnapshot
    endpoints: tuple[EndpointSnapshot, ...]
    discovery: DiscoverySnapshot | None = None
    cache: CacheSnapshot | None = None
    operations: tuple[OperationSnapshot, ...] = ()
    limits: tuple[AdaptiveLimitSnapshot, ...] = ()

    @property
    def available(self) -> bool:
        """Whether the upstream is expected to respond to calls."""
        breaker = self.breaker
        is_rejected = breaker.acts_as == "open" and not breaker.client
        return not is_rejected and any(
            endpoint.health != "unhealthy" for endpoint in self.endpoints
        )
