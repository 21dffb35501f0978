"""The policies of an upstream, made from its configuration."""

from dataclasses import dataclass, field
from typing import Literal

from weir.gateway.discovery.policy import DiscoveryPolicy, InstanceSpec
from weir.gateway.headers import Headers
from weir.gateway.limits.policy import RateLimit
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.upstreams.model.client_credentials import ClientCredentials
from weir.gateway.upstreams.model.header_rules import HeaderRules

HashSource = Literal["header", "cookie", "identity", "path"]
Balancing = Literal[
    "round_robin",
    "weighted_round_robin",
    "random",
    "least_connections",
    "power_of_two",
    "consistent_hash",
]


@dataclass(frozen=True, slots=True)
class HashOn:
    """The input of consistent hashing; `name` is the header's or the cookie's."""

    source: HashSource = "path"
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPolicy:
    """Active checks, and passive ejection by failed attempts.

    A check is a GET of `path`. Without one, it is a GraphQL query to `graphql_path`, or
    else a GET of /health. Without `statuses`, 200 is expected at `path`, and otherwise
    any status below 500: it shows that the process runs.

    An instance is unhealthy after `unhealthy_after` consecutive failed checks. It is
    then checked every `recheck_s`, and healthy again after a passed check. It is
    ejected for `ejected_for_s` after `passive_failures` consecutive failed attempts.
    The time is doubled, up to `max_ejected_s`, if it fails again at once.
    """

    path: str | None = None
    graphql_path: str | None = None
    interval_s: float = 30.0
    timeout_s: float = 5.0
    statuses: tuple[int, ...] | None = None
    active: bool = True
    unhealthy_after: int = 2
    recheck_s: float = 1.0
    passive_failures: int = 3
    ejected_for_s: float = 10.0
    max_ejected_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeoutPolicy:
    """Seconds: for one attempt, and for the call with its retries."""

    attempt_s: float = 2.0
    total_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Retries of safe calls.

    `attempts` is the maximum number of retries of one call (0: none). `statuses` are
    those of responses that are retried. `budget` is the share of calls that may be
    retries, besides a fixed number per second. The delay before a retry is random,
    between 0 and `backoff_s`, which is doubled for each retry.
    """

    attempts: int = 2
    statuses: frozenset[int] = frozenset({502, 503, 504})
    budget: float = 0.2
    backoff_s: float = 0.025


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """The circuit breaker of an upstream or an operation.

    It opens after `failures` consecutive failures. After `open_for_s`, `probes`
    successes close it. It also opens when at least `failed_share` of the calls within
    `window_s` failed, if there were at least `min_calls`. A share of 1.0 or more
    disables this.
    """

    failures: int = 5
    failed_share: float = 0.5
    window_s: float = 10.0
    min_calls: int = 20
    open_for_s: float = 30.0
    probes: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticResponse:
    """A response from the configuration; field names are in lower case."""

    status: int = 200
    headers: Headers = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackPolicy:
    """The fallback of a safe call that failed, or that the breaker rejects.

    It is a cached response that has been stale for at most `stale_s`. If there is none,
    it is `response`, or else the error.
    """

    stale_s: float = 0.0
    response: StaticResponse | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationPolicy:
    """The overrides for the calls of one operation; None means no override.

    `name` is the name of the request's operation, or its endpoint. If there is a
    `breaker`, only that breaker counts the calls, not that of the upstream.
    """

    name: str
    attempt_s: float | None = None
    total_s: float | None = None
    breaker: BreakerPolicy | None = None
    fallback: FallbackPolicy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcurrencyPolicy:
    """The limits of calls in flight (0: no limit) and waiting calls of an upstream.

    `max_per_instance` limits the calls of each instance. A call that would wait longer
    than `max_wait_s` is rejected at once. If `adaptive` is set, the limit is derived
    from the latency, with the maximum `max_in_flight`.
    """

    max_in_flight: int = 512
    max_per_instance: int = 0
    adaptive: bool = False
    max_waiting: int = 512
    max_wait_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgePolicy:
    """A second attempt of a safe call without a response after `after_s`."""

    after_s: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class CachePolicy:
    """The caching of responses, in addition to the upstream's Cache-Control.

    `ttl_s` is the freshness of responses that do not declare one (0: these are not
    stored). The stale windows apply if the response neither declares nor forbids them.
    `fallback_stale_s` is the longest time for which an expired response may replace a
    failed one, by a fallback or by a façade; responses are retained for it.
    """

    ttl_s: float = 0.0
    stale_while_revalidate_s: float = 0.0
    stale_if_error_s: float = 0.0
    fallback_stale_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamPolicy:
    """The policy of one upstream, which has either `instances` or a `discovery`."""

    name: str
    instances: tuple[InstanceSpec, ...] = ()
    discovery: DiscoveryPolicy | None = None
    transport: TransportPolicy = field(default_factory=TransportPolicy)
    headers: HeaderRules = field(default_factory=HeaderRules)
    grant: ClientCredentials | None = None
    balancing: Balancing = "round_robin"
    hash_on: HashOn = field(default_factory=HashOn)
    slow_start_s: float = 0.0
    health: HealthPolicy = field(default_factory=HealthPolicy)
    timeout: TimeoutPolicy = field(default_factory=TimeoutPolicy)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    hedge: HedgePolicy | None = None
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)
    fallback: FallbackPolicy | None = None
    concurrency: ConcurrencyPolicy = field(default_factory=ConcurrencyPolicy)
    coalesce: bool = True
    cache: CachePolicy | None = None
    operations: tuple[OperationPolicy, ...] = ()
    rate_limits: tuple[RateLimit, ...] = ()
