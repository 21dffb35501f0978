"""The model of an upstream: where a service is, and how it is called."""

from typing import Annotated, Any, Literal, Self

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
    weight: Weight = 1
    """Share of the calls, relative to the other instances."""
    enabled: bool = True
    """Whether it is called; switched off, it finishes what it was asked."""


class DnsSection(Section):
    """Instances found by DNS, and followed as it changes."""

    name: Annotated[HostName, Field(min_length=1)]
    """Full host name to look up."""
    records: Literal["address", "srv"] = "address"
    """Address records, all on `port`; or SRV records with ports and weights."""
    port: Port = 80
    """Port of the instances, where they are found by address records."""
    scheme: Literal["http", "https"] = "http"
    """How the instances are spoken to."""


Balancing = Literal[
    "round_robin",
    "weighted_round_robin",
    "random",
    "least_connections",
    "power_of_two",
    "consistent_hash",
]


class HashOnSection(Section):
    """What `consistent_hash` goes by."""

    source: Literal["header", "cookie", "identity", "path"] = "path"
    """Where the value comes from."""
    name: str = ""
    """Name of the header or cookie."""

    @model_validator(mode="after")
    def _names_what_has_a_name(self) -> Self:
        if (self.source in {"header", "cookie"}) != bool(self.name):
            message = "a header or a cookie needs its `name`, and nothing else has one"
            raise ValueError(message)
        return self


class HealthSection(Section):
    """How an instance is found healthy or not."""

    path: RequestPath = "/health"
    """Path of the active check."""
    interval: Duration = 30.0
    """Time between two active checks of a healthy instance."""
    timeout: Duration = 5.0
    """Time that an active check may take."""
    statuses: Annotated[list[Status], Field(min_length=1)] = [200]
    """Statuses that a healthy instance answers."""
    active: bool = True
    """Whether instances are checked at all, besides being watched in use."""
    unhealthy_after: Count = 2
    """Failed checks in a row that make an instance unhealthy."""
    healthy_after: Count = 1
    """Passed checks in a row that make it healthy again."""
    recheck: Duration = 1.0
    """Time between two checks of an unhealthy instance."""
    passive_failures: Count = 3
    """Failed attempts in a row that eject an instance."""
    ejected_for: Duration = 10.0
    """Time that it stays ejected; doubled when it fails again at once."""
    max_ejected: Duration = 300.0
    """Longest time that it stays ejected."""
    max_ejected_share: Share = 0.5
    """Share of the instances that may be ejected at once; one may in any case."""
    panic_below: Share = 0.3
    """Share of healthy instances below which doubtful ones are called as well."""


class TimeoutSection(Section):
    """The time that a call may take."""

    connect: Duration = 1.0
    """For a new connection."""
    attempt: Duration = 2.0
    """For one attempt at one instance."""
    total: Duration = 5.0
    """For the whole call, repeats included."""
    idle: Duration = 60.0
    """That a stream may be silent."""


class RetrySection(Section):
    """Repeats of calls that are safe; mutations are never repeated."""

    attempts: Annotated[int, Field(ge=0, le=5)] = 2
    """Repeats of one call, at most; 0 turns them off."""
    statuses: list[ErrorStatus] = [502, 503, 504]
    """Answers that are repeated, beside calls without an answer."""
    budget: Share = 0.2
    """Share of all calls that may be repeats."""
    budget_floor: Annotated[float, Field(ge=0, le=10_000)] = 10.0
    """Repeats a second that are allowed in any case."""
    backoff: Delay = 0.025
    """Longest wait before the first repeat; doubled for each one after."""


class HedgeSection(Section):
    """A second attempt of a safe call that has no answer yet; the first one wins."""

    after: Duration = 0.1
    """Time after which the second attempt is made."""


class BreakerSection(Section):
    """When calls are refused at once, because too many have failed."""

    failures: Count = 5
    """Failed calls in a row that open it."""
    failed_share: Share = 0.5
    """Share of failed calls in `window` that opens it, too; 100% turns this off."""
    window: Duration = 10.0
    """Time over which that share is taken."""
    min_calls: Count = 20
    """Calls in `window` below which the share says nothing."""
    open_for: Duration = 30.0
    """Time that it stays open before it is probed."""
    probes: Count = 3
    """Probes that must succeed before it closes."""


class AnswerSection(Section):
    """An answer that stands in for one that a service did not give."""

    status: Status = 200
    """Its status."""
    headers: dict[HeaderName, HeaderValue] = {}
    """Its header fields."""
    body: str = ""
    """Its body."""


class FallbackSection(Section):
    """What reads are answered that fail, or that the breaker refuses."""

    stale: Delay = 0.0
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

    max_open: Count = 128
    """Open connections, at most."""
    max_waiting: CountOrZero = 256
    """Calls that may wait for one."""
    idle: Duration = 4.0
    """Time that a connection is kept unused; below what the service keeps it."""
    lifetime: Duration = 300.0
    """Time after which a connection is replaced."""


class TlsSection(Section):
    """TLS to instances with https URLs; files are PEM, and read again when changed."""

    ca: FileName = ""
    """Authorities to trust, instead of the system's."""
    certificate: FileName = ""
    """Our certificate, where the service wants one (mTLS)."""
    key: FileName = ""
    """The key of our certificate."""
    server_name: HostName = ""
    """Name in the service's certificate, if it is not that of the URL."""
    minimum: Literal["1.2", "1.3"] = "1.2"
    """Oldest version that is spoken."""


class ConcurrencySection(Section):
    """Calls in flight to an upstream, and how many wait; what is more is refused."""

    max_in_flight: CountOrZero = 512
    """Calls in flight, at most; 0 is no limit."""
    max_per_instance: CountOrZero = 0
    """Calls in flight to one instance, at most; 0 is no limit."""
    max_waiting: CountOrZero = 512
    """Calls that wait, at most."""
    max_wait: Duration = 1.0
    """Time that a call waits, at most."""
    adaptive: bool = False
    """Whether the limit is found by latency, with `max_in_flight` as its ceiling."""


class CacheSection(Section):
    """Answers that are kept: those that say for how long they are good."""

    ttl: Delay = 0.0
    """How long answers are good that do not say; 0s: they are not kept."""
    stale_while_revalidate: Delay = 0.0
    """How much longer an old answer is given while a new one is fetched."""
    stale_if_error: Delay = 0.0
    """How much longer an old answer is given while the service fails."""


class UpstreamSection(Section):
    """A service that the gateway calls."""

    instances: list[Annotated[InstanceSection, BeforeValidator(_as_url)]] = []
    """Where it runs: URLs, or `{url, weight}`."""
    dns: DnsSection | None = None
    """Or how its instances are found."""
    transport: Literal["http1", "http2", "httpx"] = "http1"
    """Protocol; `httpx` speaks both, and through proxies, but is far slower."""
    proxy: ProxyUrl = ""
    """URL of a proxy on the way (`httpx` alone)."""
    balancing: Balancing = "round_robin"
    """How an instance is picked."""
    hash_on: HashOnSection = HashOnSection()
    slow_start: Delay = 0.0
    """Time over which an instance that came back gets its full share."""
    health: HealthSection = HealthSection()
    timeout: TimeoutSection = TimeoutSection()
    retry: RetrySection = RetrySection()
    hedge: HedgeSection | None = None
    breaker: BreakerSection = BreakerSection()
    fallback: FallbackSection | None = None
    connections: ConnectionsSection = ConnectionsSection()
    concurrency: ConcurrencySection = ConcurrencySection()
    coalesce: bool = True
    """Whether identical safe calls in flight share one."""
    cache: CacheSection | None = None
    tls: TlsSection = TlsSection()
    max_response: Size = 16 * 1024 * 1024
    """Largest body that is accepted from it, decompressed."""
    max_response_headers: Size = 64 * 1024
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
