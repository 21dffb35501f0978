"""The model of an upstream: the addresses of a service, and the policy of its calls."""

from collections import Counter
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.upstream.errors import ErrorsSection
from weir.bffs.config.model.upstream.headers import HeadersSection
from weir.bffs.config.model.values.scalars import (
    Count,
    CountOrZero,
    Delay,
    Duration,
    Port,
    Share,
    Size,
    Weight,
)
from weir.bffs.config.model.values.texts import (
    FileName,
    HeaderName,
    HeaderValue,
    HostName,
    RequestPath,
)
from weir.bffs.config.model.values.urls import HttpUrl, ProxyUrl
from weir.gateway.discovery.policy import DnsPolicy, DnsRecords, InstanceSpec, Scheme
from weir.gateway.transport.policy import (
    ContentCoding,
    TlsVersion,
    TransportName,
    TransportPolicy,
)
from weir.gateway.upstreams.model.policy import (
    Balancing,
    BreakerPolicy,
    CachePolicy,
    ConcurrencyPolicy,
    FallbackPolicy,
    HashOn,
    HashSource,
    HealthPolicy,
    HedgePolicy,
    RetryPolicy,
    StaticResponse,
    TimeoutPolicy,
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
_CONCURRENCY = ConcurrencyPolicy()
_CACHE = CachePolicy()
_TRANSPORT = TransportPolicy()
_CONNECTIONS = _TRANSPORT.connections
_TLS = _TRANSPORT.tls
_INSTANCE = InstanceSpec("")
_STATIC_RESPONSE = StaticResponse()
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
    """An instance of a service; a URL alone is an instance of weight 1."""

    url: HttpUrl
    """Origin, such as `http://10.0.0.1:5101`."""
    weight: Weight = _INSTANCE.weight
    """Weight of the instance, relative to the others."""
    enabled: bool = True
    """Send calls to it; a disabled instance finishes its calls in flight."""


class DnsSection(Section):
    """Discovery of instances by DNS, repeated as records expire."""

    name: Annotated[HostName, Field(min_length=1)]
    """Full host name to look up."""
    records: DnsRecords = _DNS.records
    """Address records on `port`, or SRV records with ports and weights."""
    port: Port = _DNS.port
    """Port of instances that are found by address records."""
    scheme: Scheme = _DNS.scheme
    """Scheme of the instances' URLs."""


class HashOnSection(Section):
    """Hash key of `balancing: consistent_hash`."""

    source: HashSource = _HASH_ON.source
    """Source of the key."""
    name: str = _HASH_ON.name
    """Name of the header or cookie."""

    @model_validator(mode="after")
    def _check_name(self) -> Self:
        if (self.source in {"header", "cookie"}) != bool(self.name):
            message = "`name` is required for header and cookie, not allowed otherwise"
            raise ValueError(message)
        return self


class HealthSection(Section):
    """Health checks, and ejection of instances whose calls fail."""

    path: RequestPath | None = None
    """Path of the health check; by default a GraphQL service gets the query
    `{__typename}`, and others a GET of `/health`."""
    interval: Duration = _HEALTH.interval_s
    """Time between two checks of a healthy instance."""
    timeout: Duration = _HEALTH.timeout_s
    """Longest time for one check."""
    statuses: Annotated[list[Status], Field(min_length=1)] | None = None
    """Statuses of a passed check; by default 200 at `path`, and without it any status
    below 500."""
    active: bool = _HEALTH.active
    """Send health checks; without them, only calls show the health of instances."""
    unhealthy_after: Count = _HEALTH.unhealthy_after
    """Consecutive failed checks after which an instance is unhealthy."""
    recheck: Duration = _HEALTH.recheck_s
    """Time between two checks of an unhealthy instance."""
    passive_failures: Count = _HEALTH.passive_failures
    """Consecutive failed attempts after which an instance is ejected."""
    ejected_for: Duration = _HEALTH.ejected_for_s
    """Time of an ejection; doubled each time it fails again at once."""
    max_ejected: Duration = _HEALTH.max_ejected_s
    """Longest time of an ejection."""


class TimeoutSection(Section):
    """Longest times of a call."""

    connect: Duration = _TRANSPORT.connect_s
    """To open a connection."""
    attempt: Duration = _TIMEOUT.attempt_s
    """For one attempt."""
    total: Duration = _TIMEOUT.total_s
    """For the call with its retries."""
    idle: Duration = _TRANSPORT.idle_s
    """Longest silence on a stream."""


class RetrySection(Section):
    """Retries of safe calls; mutations are never retried."""

    attempts: Annotated[int, Field(ge=0, le=5)] = _RETRY.attempts
    """Maximum number of retries of one call; 0 disables them."""
    statuses: list[ErrorStatus] = sorted(_RETRY.statuses)
    """Statuses that are retried, besides calls without a response."""
    budget: Share = _RETRY.budget
    """Largest share of all calls that may be retries, besides ten per second."""
    backoff: Delay = _RETRY.backoff_s
    """Longest wait before the first retry; doubled for each further one."""


class HedgeSection(Section):
    """A second attempt of a slow safe call; the first response is used."""

    after: Duration = _HEDGE.after_s
    """Time without a response after which the second attempt is made."""


class BreakerSection(Section):
    """Circuit breaker: rejects calls at once after too many failures."""

    failures: Count = _BREAKER.failures
    """Consecutive failed calls that open it."""
    failed_share: Share = _BREAKER.failed_share
    """Share of failed calls within `window` that opens it; 100% disables this."""
    window: Duration = _BREAKER.window_s
    """Time over which the share is measured."""
    min_calls: Count = _BREAKER.min_calls
    """Calls within `window` below which the share is ignored."""
    open_for: Duration = _BREAKER.open_for_s
    """Time from opening to the first probe."""
    probes: Count = _BREAKER.probes
    """Successful probes that close it."""


class StaticResponseSection(Section):
    """A static response."""

    status: Status = _STATIC_RESPONSE.status
    """Status."""
    headers: dict[HeaderName, HeaderValue] = {}
    """Header fields."""
    body: str = ""
    """Body."""


class FallbackSection(Section):
    """Responses to reads that fail or that the circuit breaker rejects."""

    stale: Delay = _FALLBACK.stale_s
    """First: a cached response that is at most this stale; needs `cache`."""
    response: StaticResponseSection | None = None
    """Then: this response; without it, the error."""


class OperationTimeoutSection(Section):
    """Longest times of a call of one operation."""

    attempt: Duration | None = None
    """For one attempt, in place of the upstream's."""
    total: Duration | None = None
    """For the call with its retries, in place of the upstream's."""


class OperationSection(Section):
    """Settings of one operation that differ from its upstream's."""

    timeout: OperationTimeoutSection = OperationTimeoutSection()
    breaker: BreakerSection | None = None
    """Circuit breaker of the operation; its calls do not count for the upstream's."""
    fallback: FallbackSection | None = None
    """Responses to its failed reads, in place of the upstream's."""


class ConnectionsSection(Section):
    """The pool of connections to one instance."""

    max_open: Count = _CONNECTIONS.max_open
    """Maximum number of open connections."""
    max_waiting: CountOrZero = _CONNECTIONS.max_waiting
    """Maximum number of calls that wait for a connection."""
    idle: Duration = _CONNECTIONS.idle_s
    """Longest time that a connection is idle; less than the service allows."""
    lifetime: Duration = _CONNECTIONS.lifetime_s
    """Time after which a connection is replaced."""


class TlsSection(Section):
    """TLS to instances with https URLs; PEM files, loaded again when they change."""

    ca: FileName = _TLS.ca_file
    """File of trusted authorities, in place of the system's."""
    certificate: FileName = _TLS.cert_file
    """File of the client certificate (mTLS)."""
    key: FileName = _TLS.key_file
    """File of the client certificate's key."""
    server_name: HostName = _TLS.server_name
    """Name in the service's certificate, if it differs from the URL's host."""
    minimum: TlsVersion = _TLS.minimum
    """Oldest TLS version."""


class ConcurrencySection(Section):
    """Concurrency limit; calls beyond it wait or are rejected."""

    max_in_flight: CountOrZero = _CONCURRENCY.max_in_flight
    """Maximum number of calls in flight; 0 is unlimited."""
    max_per_instance: CountOrZero = _CONCURRENCY.max_per_instance
    """Maximum number of calls in flight to one instance; 0 is unlimited."""
    max_waiting: CountOrZero = _CONCURRENCY.max_waiting
    """Maximum number of calls that wait."""
    max_wait: Duration = _CONCURRENCY.max_wait_s
    """Longest time that a call waits."""
    adaptive: bool = _CONCURRENCY.adaptive
    """Adapt the limit to latency, up to `max_in_flight`."""


class CacheSection(Section):
    """Response cache; it stores responses that declare their freshness."""

    ttl: Delay = _CACHE.ttl_s
    """Freshness of responses that declare none; 0s does not store these."""
    stale_while_revalidate: Delay = _CACHE.stale_while_revalidate_s
    """Time after expiry in which a stale response is used while it is refreshed."""
    stale_if_error: Delay = _CACHE.stale_if_error_s
    """Time after expiry in which a stale response is used if the service fails."""


class UpstreamDefaultsSection(Section):
    """Settings of all upstreams; an upstream's own settings replace them key by key.

    The keys are those of `upstreams.{name}`, without `instances`, `dns`, `operations`.
    """

    transport: TransportName = _TRANSPORT.kind
    """Protocol; `httpx` supports both and proxies, but is far slower."""
    proxy: ProxyUrl = _TRANSPORT.proxy
    """URL of a proxy; needs `transport: httpx`."""
    balancing: Balancing = _UPSTREAM.balancing
    """Load balancing."""
    hash_on: HashOnSection | None = None
    slow_start: Delay = _UPSTREAM.slow_start_s
    """Time in which a recovered instance reaches its full weight."""
    health: HealthSection = HealthSection()
    timeout: TimeoutSection = TimeoutSection()
    retry: RetrySection = RetrySection()
    hedge: HedgeSection | None = None
    breaker: BreakerSection = BreakerSection()
    fallback: FallbackSection | None = None
    connections: ConnectionsSection = ConnectionsSection()
    concurrency: ConcurrencySection = ConcurrencySection()
    coalesce: bool = _UPSTREAM.coalesce
    """Share one call among identical safe calls in flight."""
    cache: CacheSection | None = None
    tls: TlsSection = TlsSection()
    headers: HeadersSection = HeadersSection()
    errors: ErrorsSection = ErrorsSection()
    max_response: Size = _TRANSPORT.max_response_bytes
    """Largest body of a response, decompressed."""
    accept_encoding: list[ContentCoding] = list(_TRANSPORT.accept_encoding)
    """Content codings that calls request, in `Accept-Encoding`; `[]` for none."""
    max_response_headers: Size = _TRANSPORT.max_header_bytes
    """Largest status line and headers of a response."""


class UpstreamSection(UpstreamDefaultsSection):
    """A service that the gateway calls."""

    instances: list[
        Annotated[
            InstanceSection,
            BeforeValidator(_as_url, json_schema_input_type=HttpUrl | InstanceSection),
        ]
    ] = []
    """Addresses: URLs, or `{url, weight}`."""
    dns: DnsSection | None = None
    """Discovery, in place of `instances`."""
    operations: dict[OperationName, OperationSection] = {}
    """Different settings, by the name of a GraphQL operation or an endpoint such as
    `GET /users/{id}`."""

    @model_validator(mode="after")
    def _check_instances(self) -> Self:
        if bool(self.instances) == (self.dns is not None):
            message = "expected either `instances` or `dns`"
            raise ValueError(message)
        urls = Counter(each.url.rstrip("/") for each in self.instances)
        if twice := next((url for url in urls if urls[url] > 1), ""):
            message = f"{twice} is listed twice; set its weight instead"
            raise ValueError(message)
        if self.proxy and self.transport != "httpx":
            message = "a proxy needs `transport: httpx`"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_fallback_cache(self) -> Self:
        fallbacks = (
            self.fallback,
            *(each.fallback for each in self.operations.values()),
        )
        if self.cache is None and any(each and each.stale for each in fallbacks):
            message = "a stale fallback needs `cache`"
            raise ValueError(message)
        return self
