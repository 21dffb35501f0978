"""The frozen policies of one upstream, as the configuration hands them over."""

from dataclasses import dataclass, field
from typing import Literal

Balancing = Literal["round_robin", "power_of_two"]


@dataclass(frozen=True, slots=True)
class InstanceSpec:
    """One place that serves an upstream: an origin such as http://10.0.0.1:5101."""

    url: str
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPolicy:
    """Active checks, and passive ejection by failed attempts.

    An instance is unhealthy after `unhealthy_after` failed checks in a row, and then
    checked every `recheck_s`, so that recovery is quick. It is ejected after
    `passive_failures` failed attempts in a row, for `ejected_for_s`, twice as long
    each time it fails again at once, up to `max_ejected_s`.
    """

    path: str = "/health"
    interval_s: float = 30.0
    timeout_s: float = 5.0
    status: int = 200
    active: bool = True
    unhealthy_after: int = 2
    recheck_s: float = 1.0
    passive_failures: int = 3
    ejected_for_s: float = 10.0
    max_ejected_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeoutPolicy:
    """Seconds: for a connection, for one attempt, and for the call with its retries."""

    connect_s: float = 1.0
    attempt_s: float = 2.0
    total_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Repeats of safe calls.

    `attempts` is the most repeats of one call, off at 0; `budget` is the share of
    calls that may be repeats, with `budget_floor_per_s` allowed in any case. Waits
    between attempts are drawn from 0 to `backoff_s`, doubled for each repeat.
    """

    attempts: int = 2
    budget: float = 0.2
    budget_floor_per_s: float = 10.0
    backoff_s: float = 0.025


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """Opens after `failures` in a row; after `open_for_s`, `probes` successes close."""

    failures: int = 5
    open_for_s: float = 30.0
    probes: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionPolicy:
    """The pool of connections to one instance.

    `idle_s` is below the five seconds after which uvicorn and Node.js close an idle
    connection, so that a request seldom meets a connection that is being closed.
    """

    max_open: int = 128
    max_waiting: int = 256
    idle_s: float = 4.0
    lifetime_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcurrencyPolicy:
    """The calls that an upstream may have in flight (0: no limit), and waiting.

    A call waits no longer than `max_wait_s`; what would is refused on arrival.
    """

    max_in_flight: int = 512
    max_waiting: int = 512
    max_wait_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CachePolicy:
    """What is cached beyond what the upstream's own fields say.

    `ttl_s` is the freshness of answers that state none (0: these are not stored). The
    stale windows apply where the upstream neither states its own nor forbids them.
    """

    ttl_s: float = 0.0
    stale_while_revalidate_s: float = 0.0
    stale_if_error_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamPolicy:
    """Everything that decides how one upstream is called."""

    name: str
    instances: tuple[InstanceSpec, ...]
    balancing: Balancing = "round_robin"
    health: HealthPolicy = field(default_factory=HealthPolicy)
    timeout: TimeoutPolicy = field(default_factory=TimeoutPolicy)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)
    connections: ConnectionPolicy = field(default_factory=ConnectionPolicy)
    concurrency: ConcurrencyPolicy = field(default_factory=ConcurrencyPolicy)
    coalesce: bool = True
    cache: CachePolicy | None = None
    max_header_bytes: int = 64 * 1024
    max_response_bytes: int = 16 * 1024 * 1024
