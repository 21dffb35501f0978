"""The frozen policies of one upstream, as the configuration hands them over."""

from dataclasses import dataclass, field
from typing import Literal

from weir.gateway.discovery.policy import DnsPolicy, InstanceSpec
from weir.gateway.headers import Headers
from weir.gateway.transport.policy import TransportPolicy

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
    """What consistent hash goes by; `name` is that of the header or the cookie."""

    source: HashSource = "path"
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPolicy:
    """Active checks, and passive ejection by failed attempts.

    An instance is unhealthy after `unhealthy_after` failed checks in a row, and then
    checked every `recheck_s`, so that recovery is quick; `healthy_after` passed ones in
    a row bring it back. It is ejected after `passive_failures` failed attempts in a
    row, for `ejected_for_s`, twice as long each time it fails again at once, up to
    `max_ejected_s`. Of all instances at most `max_ejected_share` are ejected so, though
    always one. Where less than `panic_below` of them are healthy, the ejected are asked
    as well.
    """

    path: str = "/health"
    interval_s: float = 30.0
    timeout_s: float = 5.0
    statuses: tuple[int, ...] = (200,)
    active: bool = True
    unhealthy_after: int = 2
    healthy_after: int = 1
    recheck_s: float = 1.0
    passive_failures: int = 3
    ejected_for_s: float = 10.0
    max_ejected_s: float = 300.0
    max_ejected_share: float = 0.5
    panic_below: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeoutPolicy:
    """Seconds: for one attempt, and for the call with its retries."""

    attempt_s: float = 2.0
    total_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Repeats of safe calls.

    `attempts` is the most repeats of one call, off at 0; `statuses` are the answers
    that are no better than none. `budget` is the share of calls that may be repeats,
    with `budget_floor_per_s` allowed in any case. Waits between attempts are drawn from
    0 to `backoff_s`, doubled for each repeat.
    """

    attempts: int = 2
    statuses: frozenset[int] = frozenset({502, 503, 504})
    budget: float = 0.2
    budget_floor_per_s: float = 10.0
    backoff_s: float = 0.025


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """Opens after `failures` in a row; after `open_for_s`, `probes` successes close.

    It opens, too, when at least `failed_share` of the calls within `window_s` failed,
    if there were `min_calls` (1.0 or more: never by share).
    """

    failures: int = 5
    failed_share: float = 0.5
    window_s: float = 10.0
    min_calls: int = 20
    open_for_s: float = 30.0
    probes: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticAnswer:
    """An answer that is written down beforehand; field names are lower-case."""

    status: int = 200
    headers: Headers = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackPolicy:
    """What a safe call is answered that failed, or that the breaker refuses.

    A kept answer that has been stale for no longer than `stale_s`, or else `answer`, or
    else the error.
    """

    stale_s: float = 0.0
    answer: StaticAnswer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationPolicy:
    """What is different about the calls of one operation; None is nothing.

    `name` is that of the request's operation, or its endpoint. With a `breaker` of its
    own it is judged by that alone, and the upstream's is not told of it.
    """

    name: str
    balancing: Balancing | None = None
    hash_on: HashOn | None = None
    attempt_s: float | None = None
    total_s: float | None = None
    breaker: BreakerPolicy | None = None
    fallback: FallbackPolicy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerPolicy:
    """What is different about the calls of one caller; None is nothing."""

    name: str
    balancing: Balancing | None = None
    hash_on: HashOn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcurrencyPolicy:
    """The calls that an upstream may have in flight (0: no limit), and waiting.

    `max_per_instance` is the same for each of its instances. A call that would wait
    longer than `max_wait_s` is refused on arrival. If `adaptive`, the limit is found by
    latency, and `max_in_flight` is its ceiling.
    """

    max_in_flight: int = 512
    max_per_instance: int = 0
    adaptive: bool = False
    max_waiting: int = 512
    max_wait_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgePolicy:
    """A second attempt of a safe call that has had no answer for `after_s`."""

    after_s: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class CachePolicy:
    """What is cached beyond what the upstream's own fields say.

    `ttl_s` is the freshness of answers that state none (0: these are not stored). The
    stale windows apply where the upstream neither states its own nor forbids them.
    `fallback_stale_s` is the longest of the fallbacks, for which answers are kept.
    """

    ttl_s: float = 0.0
    stale_while_revalidate_s: float = 0.0
    stale_if_error_s: float = 0.0
    fallback_stale_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamPolicy:
    """Everything that decides how one upstream is called.

    It has `instances`, or `discovery` that finds them. A setting of an operation takes
    precedence over that of a caller.
    """

    name: str
    instances: tuple[InstanceSpec, ...] = ()
    discovery: DnsPolicy | None = None
    transport: TransportPolicy = field(default_factory=TransportPolicy)
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
    callers: tuple[CallerPolicy, ...] = ()
