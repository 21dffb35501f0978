"""The closed set of events: frozen values for the sinks.

Durations and instants are monotonic seconds. Names that become metric labels are
bounded: templates, registered names and enum values, never raw client text. An event
is built only if a sink has a receiver for its class.

Those of a request form a tree of spans: `span_id` names the event's own span, where
others hang below it, and `parent_id` the span of its fetch or, outside of fetches, of
its request.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from weir.gateway.trace_parent import TraceParent

Event: TypeAlias = """(
    RequestFinished | StepFinished | PlanBuilt | OperationFinished | FetchFinished
    | AttemptFinished | CacheUsed | FallbackUsed | CopyFinished | BackendFinished
    | BreakerChanged | InstanceChanged | PanicChanged | DiscoveryChanged
    | HealthChecked | HealthEndpointMissing | SharedStoreChanged | SharedStoreFallback
    | GenerationChanged | ConfigRejected
    | SecurityDecision | ControlDecision | EventLoopStalled | SdlCopyUsed
    | OperationUsed | UnknownOperation | OperationCosted | CostExceeded
    | LimitMeasured | RateLimitRefused
    | ExecutionFinished | PlanCompiled | StreamPassed | PhaseChanged
)"""


EventReceiver: TypeAlias = Callable[[Any], None]
"""A function that takes the events of one class, and must not raise or block."""


class EventSink(Protocol):
    """The receivers of events by class."""

    def receiver(self, event_type: type[Event], /) -> EventReceiver | None:
        """Return the receiver of a class of events, or None if they are not used."""
        ...

    def emit(self, event: Event) -> None:
        """Pass an event to the receiver of its class, which must exist."""
        ...


class ServiceFailure(Struct, frozen=True, kw_only=True):
    """A part of a response that a service failed to bring, `count` times.

    `service` is "" where no service is the reason. `detail` is for the log alone.
    """

    service: str
    code: str
    count: int
    detail: str


class RequestFinished(Struct, frozen=True, kw_only=True):
    """A client request has ended; without a response, as its client left, it is 499.

    `path` is raw text of the client, for traces. `client_name` and `client_version` are
    those of its application, "" if they are not known. `cut_off` is true for a stream
    that did not end by itself. `failures` are the parts that its response lacks.
    `client_s` is the time that was spent waiting for its client, to send the body or to
    read the response. A service waited, too, for `upload_s` of it.
    """

    request_id: str
    trace: TraceParent
    client_type: str
    generation_id: str
    method: str
    scheme: str
    path: str
    route: str
    operation: str
    status: int
    error_code: str
    started_s: float
    ended_s: float
    bytes_in: int
    bytes_out: int
    client_address: str
    client_name: str = ""
    client_version: str = ""
    cut_off: bool = False
    failures: tuple[ServiceFailure, ...] = ()
    client_s: float = 0.0
    upload_s: float = 0.0


class StepFinished(Struct, frozen=True, kw_only=True):
    """A step of a request ended, for which it had to wait.

    `step` is "guard", "authenticate" or "check" before the endpoint, "queue" for a turn
    to be planned or to call a `service`, and "share" for the response to an identical
    query.
    """

    request_id: str
    trace: TraceParent
    parent_id: str
    step: str
    service: str = ""
    started_s: float
    ended_s: float


class PlanBuilt(Struct, frozen=True, kw_only=True):
    """An operation was planned (a miss of the plan cache)."""

    request_id: str
    trace: TraceParent
    parent_id: str
    operation: str
    fetches: int
    started_s: float
    ended_s: float


class OperationFinished(Struct, frozen=True, kw_only=True):
    """The execution of an operation ended; emitted for sampled requests only.

    `operation` is the name that the client has chosen, and `kind` "query" or
    "mutation". `error_code` is that of the first error in the response, or of the one
    in its place.
    """

    request_id: str
    trace: TraceParent
    span_id: str
    parent_id: str
    kind: str
    operation: str
    error_code: str
    started_s: float
    ended_s: float


class ExecutionFinished(Struct, frozen=True, kw_only=True):
    """The execution of an operation ended; emitted for each one, for its duration."""

    started_s: float
    ended_s: float


class PlanCompiled(Struct, frozen=True, kw_only=True):
    """A plan that is used often was compiled, while requests are served."""

    started_s: float
    ended_s: float


class FetchFinished(Struct, frozen=True, kw_only=True):
    """A fetch of a plan ended, whatever its number of attempts.

    `span_id` is "" if requests are not traced. `place` are the paths in the plan of the
    objects that it completes, "" for the root of the response.
    `error_code` is the code of its first error, or "CANCELLED" if the request was.
    """

    request_id: str
    trace: TraceParent
    span_id: str
    parent_id: str
    subgraph: str
    place: str = ""
    entities: int
    errors: int
    error_code: str
    started_s: float
    ended_s: float


class AttemptFinished(Struct, frozen=True, kw_only=True):
    """One exchange with one instance ended; `outcome` is "ok" or an error code.

    The service gets `span_id` as its parent, in `traceparent`. `bytes_out` and
    `bytes_in` are the sizes of the bodies, 0 for those of streams.
    """

    request_id: str
    trace: TraceParent
    span_id: str
    parent_id: str
    upstream: str
    instance: str
    endpoint: str
    attempt: int
    status: int
    outcome: str
    started_s: float
    ended_s: float
    bytes_out: int = 0
    bytes_in: int = 0


class StreamPassed(Struct, frozen=True, kw_only=True):
    """Bytes of a stream or of a WebSocket connection have passed since the last event.

    `bytes_out` went to the service, and `bytes_in` came from it. The same applies to
    the frames of WebSocket.
    """

    upstream: str
    bytes_out: int
    bytes_in: int
    frames_out: int = 0
    frames_in: int = 0


class CacheUsed(Struct, frozen=True, kw_only=True):
    """A lookup in a cache ended.

    `outcome` is "hit", "miss", "stale", "revalidated" or "bypass". The store behind a
    cache does not know the request, its trace and the parent.
    """

    request_id: str
    trace: TraceParent | None
    parent_id: str
    cache: str
    key_scope: str
    outcome: str
    started_s: float
    ended_s: float


class FallbackUsed(Struct, frozen=True, kw_only=True):
    """A failed call got a response from a fallback; `reason` is its error's code.

    `kind` is "stale" (a cached response) or "static" (one from the configuration).
    """

    request_id: str
    trace: TraceParent
    parent_id: str
    upstream: str
    kind: str
    reason: str
    at_s: float


class CopyFinished(Struct, frozen=True, kw_only=True):
    """A copy of a request for the mirror of a route has ended, or was not sent.

    `outcome` is "ok" for any response, "dropped" beyond the limit of copies in flight,
    "too_large" for a body above the limit, or an error code.
    """

    request_id: str
    route: str
    upstream: str
    outcome: str


class BackendFinished(Struct, frozen=True, kw_only=True):
    """A request of a split has a response of its backend, or an error.

    `status` is that of the response or error, `route` the name of the route, and
    `backend` the label of the backend.
    """

    request_id: str
    route: str
    backend: str
    status: int


class BreakerChanged(Struct, frozen=True, kw_only=True):
    """A circuit breaker moved from one state to another.

    It is the upstream's, or that of one of its operations. It is for all clients, or
    for the calls of one `client`.
    """

    upstream: str
    operation: str = ""
    client: str = ""
    before: str
    after: str
    at_s: float


class InstanceChanged(Struct, frozen=True, kw_only=True):
    """An instance became healthy or unhealthy; `reason` is the evidence."""

    upstream: str
    instance: str
    healthy: bool
    reason: str
    at_s: float


class DiscoveryChanged(Struct, frozen=True, kw_only=True):
    """The instances of an upstream became stale, or are those of their source again.

    `source` is the kind of source, and `reason` the reason why they are stale.
    """

    upstream: str
    source: str
    stale: bool
    reason: str
    at_s: float


class HealthChecked(Struct, frozen=True, kw_only=True):
    """An active check of an instance has ended.

    `failures` is the number of consecutive failed checks, with the last `reason`.
    """

    upstream: str
    instance: str
    failures: int
    reason: str


class HealthEndpointMissing(Struct, frozen=True, kw_only=True):
    """An instance that has no health endpoint at the default path."""

    upstream: str
    url: str
    status: int


class PanicChanged(Struct, frozen=True, kw_only=True):
    """A panic of an upstream began or ended.

    In a `panic`, so few of its instances are healthy that calls also go to the others.
    """

    upstream: str
    panic: bool
    healthy: int
    instances: int
    at_s: float


class SharedStoreChanged(Struct, frozen=True, kw_only=True):
    """A shared store became available or unavailable; without it, each has its own."""

    store: str
    available: bool
    reason: str
    at_s: float


class SharedStoreFallback(Struct, frozen=True, kw_only=True):
    """A part of the gateway, the `user`, continued without a reply of the store."""

    store: str
    user: str


class GenerationChanged(Struct, frozen=True, kw_only=True):
    """A new generation serves from now on.

    It took `build_s` to build, `composition_s` of it to compose its graphs.
    """

    before: str
    after: str
    at_s: float
    build_s: float = 0.0
    composition_s: float = 0.0


class PhaseChanged(Struct, frozen=True, kw_only=True):
    """The process has come to a phase of its life.

    It is "serving" once all ports are open. After a signal it is "draining": each
    connection ends with its next response. Then it is "closing": no connection is
    accepted, and requests in flight finish. At the end it is "stopped", or "cut_off" if
    requests did not finish in time.
    """

    phase: str
    at_s: float


class ConfigRejected(Struct, frozen=True, kw_only=True):
    """A configuration was rejected; the previous generation continues to serve."""

    reason: str
    at_s: float


class SecurityDecision(Struct, frozen=True, kw_only=True):
    """A decision for safety: a limit, a credential, an access rule.

    `decision` is "refused" for a rejected connection or request, and "allowed" or
    "denied" for a caller. `reason` is an error code, or "". The rest is known for
    callers: `method` is the kind of their credential ("anonymous" without one), and
    `rule` the place of the rule in the configuration, or "directives" for those of the
    schema. `operation` is raw text of the client, or "". `fields` are the coordinates
    that directives decided about, in order.
    """

    request_id: str
    decision: str
    reason: str
    method: str = ""
    subject: str = ""
    issuer: str = ""
    client_id: str = ""
    client_address: str = ""
    client_type: str = ""
    rule: str = ""
    request_method: str = ""
    route: str = ""
    operation: str = ""
    fields: tuple[str, ...] = ()


class ControlDecision(Struct, frozen=True, kw_only=True):
    """A request to the control port was denied, or a change was allowed or has failed.

    `outcome` is "denied", "allowed" or "failed", and `reason` the code of the error, or
    "". `token` is the name of the request's token, or "" without a valid one. `path` is
    raw text of the client, bounded. `status` is that of the response, 0 without one.
    """

    outcome: str
    method: str
    path: str
    token: str
    client_address: str
    status: int
    reason: str


class EventLoopStalled(Struct, frozen=True, kw_only=True):
    """Something held the event loop, and so all requests, for `lag_s`.

    `cpu_s` is the CPU time of the loop's thread. If it is much less than the delay, the
    thread waited for a core or for the interpreter lock. `stack` has the innermost
    frame first. It is empty if the interpreter itself was held, or if the delay was
    short.
    """

    lag_s: float
    cpu_s: float
    stack: tuple[str, ...]
    at_s: float


class SdlCopyUsed(Struct, frozen=True, kw_only=True):
    """A service returned no SDL, and the last one that it returned is used instead."""

    subgraph: str
    sha256: str
    age_s: float
    reason: str


class OperationUsed(Struct, frozen=True, kw_only=True):
    """A client runs an operation, which is `stored` or its own.

    The name and the version of the application are raw text of the client, bounded.
    """

    client_type: str
    operation: str
    document: str
    stored: bool
    client_name: str
    client_version: str


class UnknownOperation(Struct, frozen=True, kw_only=True):
    """A client ran a document that is not among the stored operations of its façade.

    `operation` is raw text of the client, or "". So are the name and the version of its
    application.
    """

    request_id: str
    trace: TraceParent
    client_type: str
    operation: str
    sha256_hash: str
    client_address: str
    client_name: str = ""
    client_version: str = ""


class OperationCosted(Struct, frozen=True, kw_only=True):
    """The measured cost of an operation; a rejected one has no `actual` cost.

    With a `subgraph`, it is that of the operation's part there.
    """

    client_type: str
    subgraph: str = ""
    estimated: int
    actual: int | None


class CostExceeded(Struct, frozen=True, kw_only=True):
    """The estimated cost of an operation is above the maximum.

    `operation` is raw text of the client, or "". It was `rejected`, or only measured.
    With a `subgraph`, the costs are those of the operation's part there.
    """

    request_id: str
    trace: TraceParent
    client_type: str
    operation: str
    subgraph: str = ""
    estimated: int
    maximum: int
    rejected: bool


class LimitMeasured(Struct, frozen=True, kw_only=True):
    """A document or a response is beyond a limit of its façade that is only measured.

    `operation` is raw text of the client, or "". `measured` is what the limit counts.
    `found` is 0 if it is not known.
    """

    request_id: str
    trace: TraceParent
    client_type: str
    operation: str
    measured: str
    found: int
    limit: int


class RateLimitRefused(Struct, frozen=True, kw_only=True):
    """A rate limit has refused a request, or the cost of its operation.

    `scope` and `limit` are those of the limit. The identity is only known for limits
    that count by it, and empty for others: `method` is the kind of credential. A client
    that `backs_off` was refused too often, so that nothing of it passes.
    """

    scope: str
    limit: str
    client_address: str
    method: str
    subject: str
    issuer: str
    client_id: str
    backs_off: bool = False
