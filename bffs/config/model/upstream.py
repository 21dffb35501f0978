"""The model of an upstream: where a service is, and how it is called."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from bffs.config.model.scalars import (
    Count,
    CountOrZero,
    Delay,
    Duration,
    Port,
    Share,
    Size,
    Weight,
)
from bffs.config.model.section import Section
from bffs.config.model.texts import (
    FileName,
    HeaderName,
    HeaderValue,
    HostName,
    RequestPath,
)
from bffs.config.model.urls import HttpUrl, ProxyUrl
from gateway.upstreams.policy import (
    Balancing,
    BreakerPolicy,
    CachePolicy,
    ConcurrencyPolicy,
    ConnectionPolicy,
    DnsPolicy,
    DnsRecords,
    FallbackPolicy,
    HashOn,
    HashSource,
    HealthPolicy,
    HedgePolicy,
    InstanceSpec,
    RetryPolicy,
    Scheme,
    StaticAnswer,
    TimeoutPolicy,
    TlsPolicy,
    TlsVersion,
    TransportName,
    UpstreamPolicy,
)

# The defaults are those of the policies.
_DNS = DnsPolicy(name="")
_HASH_ON = HashOn()
_HEALTH = HealthPolicy()
_TIMEOUT = TimeoutPolicy()
_RETRY = RetryPolicy()
_HEDGE = HedgePolicy()
_BREAKER = BreakerPolicy()
_CONNECTIONS = ConnectionPolicy()
_CONCURRENCY = ConcurrencyPolicy()
_CACHE = CachePolicy()
_TLS = TlsPolicy()
_INSTANCE = InstanceSpec("")
_ANSWER = StaticAnswer()
_FALLBACK = FallbackPolicy()
_UPSTREAM = UpstreamPolicy(name="")


def _as_url(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


Status = Annotated[
    int, Field(ge=100, le=599, json_schema_extra={"kind": "HTTP status"})
]
OperationName = Annotated[str, Field(min_length=1)]
ErrorStatus = Annotated[
    int, Field(ge=400, le=599, json_schema_extra={"kind": "HTTP status"})
]


class InstanceSection(Section):
    """One place that serves an upstream; a bare URL is an instance of weight 1."""

    url: HttpUrl
    """Origin, such as `http://10.0.0.1:5101`."""
    weight: Weight = _INSTANCE.weight
    """Share of the calls, relative to the other instances."""
    enabled: bool = True
    """Whether it is called; switched off, it finishes what it was asked."""


class DnsSection(Section):
    """Instances found by DNS, and followed as it changes."""

    name: Annotated[HostName, Field(min_length=1)]
    """Full host name to look up."""
    records: DnsRecords = _DNS.records
    """Address records, all on `port`; or SRV records with ports and weights."""
    port: Port = _DNS.port
    """Port of the instances, where they are found by address records."""
    scheme: Scheme = _DNS.scheme
    """How the instances are spoken to."""


class HashOnSection(Section):
    """What `consistent_hash` goes by."""

    source: HashSource = _HASH_ON.source
    """Where the value comes from."""
    name: str = _HASH_ON.name
    """Name of the header or cookie."""

    @model_validator(mode="after")
    def _names_what_has_a_name(self) -> Self:
        if (self.source in {"header", "cookie"}) != bool(self.name):
            message = "a header or a cookie needs its `name`, and nothing else has one"
            raise ValueError(message)
        return self


class HealthSection(Section):
    """How an instance is found healthy or not."""

    path: RequestPath = _HEALTH.path
    """Path of the active check."""
    interval: Duration = _HEALTH.interval_s
    """Time between two active checks of a healthy instance."""
    timeout: Duration = _HEALTH.timeout_s
    """Time that an active check may take."""
    statuses: Annotated[list[Status], Field(min_length=1)] = list(_HEALTH.statuses)
    """Statuses that a healthy instance answers."""
    active: bool = _HEALTH.active
    """Whether instances are checked at all, besides being watched in use."""
    unhealthy_after: Count = _HEALTH.unhealthy_after
    """Failed checks in a row that make an instance unhealthy."""
    healthy_after: Count = _HEALTH.healthy_after
    """Passed checks in a row that make it healthy again."""
    recheck: Duration = _HEALTH.recheck_s
    """Time between two checks of an unhealthy instance."""
    passive_failures: Count = _HEALTH.passive_failures
    """Failed attempts in a row that eject an instance."""
    ejected_for: Duration = _HEALTH.ejected_for_s
    """Time that it stays ejected; doubled when it fails again at once."""
    max_ejected: Duration = _HEALTH.max_ejected_s
    """Longest time that it stays ejected."""
    max_ejected_share: Share = _HEALTH.max_ejected_share
    """Share of the instances that may be ejected at once; one may in any case."""
    panic_below: Share = _HEALTH.panic_below
    """Share of healthy instances below which doubtful ones are called as well."""


class TimeoutSection(Section):
    """The time that a call may take."""

    connect: Duration = _TIMEOUT.connect_s
    """For a new connection."""
    attempt: Duration = _TIMEOUT.attempt_s
    """For one attempt at one instance."""
    total: Duration = _TIMEOUT.total_s
    """For the whole call, repeats included."""
    idle: Duration = _TIMEOUT.idle_s
    """That a stream may be silent."""


class RetrySection(Section):
    """Repeats of calls that are safe; mutations are never repeated."""

    attempts: Annotated[int, Field(ge=0, le=5)] = _RETRY.attempts
    """Repeats of one call, at most; 0 turns them off."""
    statuses: list[ErrorStatus] = sorted(_RETRY.statuses)
    """Answers that are repeated, beside calls without an answer."""
    budget: Share = _RETRY.budget
    """Share of all calls that may be repeats."""
    budget_floor: Annotated[float, Field(ge=0, le=10_000)] = _RETRY.budget_floor_per_s
    """Repeats a second that are allowed in any case."""
    backoff: Delay = _RETRY.backoff_s
    """Longest wait before the first repeat; doubled for each one after."""


class HedgeSection(Section):
    """A second attempt of a safe call that has no answer yet; the first one wins."""

    after: Duration = _HEDGE.after_s
    """Time after which the second attempt is made."""


class BreakerSection(Section):
    """When calls are refused at once, because too many have failed."""

    failures: Count = _BREAKER.failures
    """Failed calls in a row that open it."""
    failed_share: Share = _BREAKER.failed_share
    """Share of failed calls in `window` that opens it, too; 100% turns this off."""
    window: Duration = _BREAKER.window_s
    """Time over which that share is taken."""
    min_calls: Count = _BREAKER.min_calls
    """Calls in `window` below which the share says nothing."""
    open_for: Duration = _BREAKER.open_for_s
    """Time that it stays open before it is probed."""
    probes: Count = _BREAKER.probes
    """Probes that must succeed before it closes."""


class AnswerSection(Section):
    """An answer that stands in for one that a service did not give."""

    status: Status = _ANSWER.status
    """Its status."""
    headers: dict[HeaderName, HeaderValue] = {}
    """Its header fields."""
    body: str = ""
    """Its body."""


class FallbackSection(Section):
    """What reads are answered that fail, or that the breaker refuses."""

    stale: Delay = _FALLBACK.stale_s
    """First: a kept answer that is no staler than that; needs `cache`."""
    answer: AnswerSection | None = None
    """Then: this answer; without it, the error."""


class OperationTimeoutSection(Section):
    """The time that a call of one operation may take."""

    attempt: Duration | None = None
    """For one attempt at one instance, in place of the upstream's."""
    total: Duration | None = None
    """For the whole call, repeats included, in place of the upstream's."""


class OperationSection(Section):
    """What is different about the calls of one operation."""

    balancing: Balancing | None = None
    """How an instance is picked, in place of the upstream's way."""
    hash_on: HashOnSection | None = None
    """What `consistent_hash` goes by, in place of the upstream's."""
    timeout: OperationTimeoutSection = OperationTimeoutSection()
    breaker: BreakerSection | None = None
    """A breaker of its own; the upstream's is then not told of these calls."""
    fallback: FallbackSection | None = None
    """What its reads are answered that fail, in place of the upstream's."""


class ConnectionsSection(Section):
    """The pool of connections to one instance."""

    max_open: Count = _CONNECTIONS.max_open
    """Open connections, at most."""
    max_waiting: CountOrZero = _CONNECTIONS.max_waiting
    """Calls that may wait for one."""
    idle: Duration = _CONNECTIONS.idle_s
    """Time that a connection is kept unused; below what the service keeps it."""
    lifetime: Duration = _CONNECTIONS.lifetime_s
    """Time after which a connection is replaced."""


class TlsSection(Section):
    """TLS to instances with https URLs; files are PEM, and read again when changed."""

    ca: FileName = _TLS.ca_file
    """Authorities to trust, instead of the system's."""
    certificate: FileName = _TLS.cert_file
    """Our certificate, where the service wants one (mTLS)."""
    key: FileName = _TLS.key_file
    """The key of our certificate."""
    server_name: HostName = _TLS.server_name
    """Name in the service's certificate, if it is not that of the URL."""
    minimum: TlsVersion = _TLS.minimum
    """Oldest version that is spoken."""


class ConcurrencySection(Section):
    """Calls in flight to an upstream, and how many wait; what is more is refused."""

    max_in_flight: CountOrZero = _CONCURRENCY.max_in_flight
    """Calls in flight, at most; 0 is no limit."""
    max_per_instance: CountOrZero = _CONCURRENCY.max_per_instance
    """Calls in flight to one instance, at most; 0 is no limit."""
    max_waiting: CountOrZero = _CONCURRENCY.max_waiting
    """Calls that wait, at most."""
    max_wait: Duration = _CONCURRENCY.max_wait_s
    """Time that a call waits, at most."""
    adaptive: bool = _CONCURRENCY.adaptive
    """Whether the limit is found by latency, with `max_in_flight` as its ceiling."""


class CacheSection(Section):
    """Answers that are kept: those that say for how long they are good."""

    ttl: Delay = _CACHE.ttl_s
    """How long answers are good that do not say; 0s: they are not kept."""
    stale_while_revalidate: Delay = _CACHE.stale_while_revalidate_s
    """How much longer an old answer is given while a new one is fetched."""
    stale_if_error: Delay = _CACHE.stale_if_error_s
    """How much longer an old answer is given while the service fails."""


class UpstreamSection(Section):
    """A service that the gateway calls."""

    instances: list[Annotated[InstanceSection, BeforeValidator(_as_url)]] = []
    """Where it runs: URLs, or `{url, weight}`."""
    dns: DnsSection | None = None
    """Or how its instances are found."""
    transport: TransportName = _UPSTREAM.transport
    """Protocol; `httpx` speaks both, and through proxies, but is far slower."""
    proxy: ProxyUrl = _UPSTREAM.proxy
    """URL of a proxy on the way (`httpx` alone)."""
    balancing: Balancing = _UPSTREAM.balancing
    """How an instance is picked."""
    hash_on: HashOnSection = HashOnSection()
    slow_start: Delay = _UPSTREAM.slow_start_s
    """Time over which an instance that came back gets its full share."""
    health: HealthSection = HealthSection()
    timeout: TimeoutSection = TimeoutSection()
    retry: RetrySection = RetrySection()
    hedge: HedgeSection | None = None
    breaker: BreakerSection = BreakerSection()
    fallback: FallbackSection | None = None
    connections: ConnectionsSection = ConnectionsSection()
    concurrency: ConcurrencySection = ConcurrencySection()
    coalesce: bool = _UPSTREAM.coalesce
    """Whether identical safe calls in flight share one."""
    cache: CacheSection | None = None
    tls: TlsSection = TlsSection()
    max_response: Size = _UPSTREAM.max_response_bytes
    """Largest body that is accepted from it, decompressed."""
    max_response_headers: Size = _UPSTREAM.max_header_bytes
    """Most bytes of status line and headers that are accepted from it."""
    operations: dict[OperationName, OperationSection] = {}
    """Exceptions, by the name of a GraphQL operation or an endpoint such as
    `GET /users/{id}`."""

    @model_validator(mode="after")
    def _has_places(self) -> Self:
        if bool(self.instances) == (self.dns is not None):
            message = "expected either `instances` or `dns`"
            raise ValueError(message)
        urls = [each.url.rstrip("/") for each in self.instances]
        if twice := next((url for url in urls if urls.count(url) > 1), ""):
            message = f"{twice} is listed twice; give it a weight instead"
            raise ValueError(message)
        if self.proxy and self.transport != "httpx":
            message = "a proxy needs `transport: httpx`"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _keeps_what_it_falls_back_on(self) -> Self:
        fallbacks = (
            self.fallback,
            *(each.fallback for each in self.operations.values()),
        )
        if self.cache is None and any(each and each.stale for each in fallbacks):
            message = "a stale fallback needs `cache`, which keeps answers"
            raise ValueError(message)
        return self
