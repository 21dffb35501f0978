"""One event of each class, for tests of sinks."""

from weir.gateway.events import (
    AttemptFinished,
    BackendFinished,
    BreakerChanged,
    CacheUsed,
    ConfigRejected,
    CopyFinished,
    CostExceeded,
    DiscoveryChanged,
    Event,
    EventLoopStalled,
    ExecutionFinished,
    FallbackUsed,
    FetchFinished,
    GenerationChanged,
    InstanceChanged,
    LimitMeasured,
    OperationCosted,
    OperationFinished,
    PanicChanged,
    PhaseChanged,
    PlanBuilt,
    PlanCompiled,
    RateLimitRefused,
    RequestFinished,
    SecurityDecision,
    SharedStoreChanged,
    SharedStoreFallback,
    StepFinished,
    StreamPassed,
    UnknownOperation,
)
from weir.gateway.trace_parent import TraceParent

TRACE = TraceParent(trace_id="a" * 32, parent_id="3" * 16)
REQUEST = RequestFinished(
    request_id="r1",
    trace=TRACE,
    client_type="web",
    generation_id="g1",
    method="GET",
    scheme="http",
    path="/web/v1/home",
    route="/web/v1/home",
    operation="Home",
    status=200,
    error_code="",
    started_s=10.0,
    ended_s=10.0123456,
    bytes_in=0,
    bytes_out=512,
    client_address="192.0.2.7",
)
ATTEMPT = AttemptFinished(
    span_id="1" * 16,
    parent_id="2" * 16,
    request_id="r1",
    trace=TRACE,
    upstream="catalog",
    instance="http://127.0.0.1:5101",
    endpoint="POST /graphql",
    attempt=1,
    status=200,
    outcome="ok",
    started_s=10.0,
    ended_s=10.03,
)
FETCH = FetchFinished(
    request_id="r1",
    trace=TRACE,
    span_id="2" * 16,
    parent_id="3" * 16,
    subgraph="catalog",
    place="popular.@",
    entities=3,
    errors=0,
    error_code="",
    started_s=10.0,
    ended_s=10.004,
)
OPERATION = OperationFinished(
    request_id="r1",
    trace=TRACE,
    span_id="5" * 16,
    parent_id="3" * 16,
    kind="query",
    operation="Home",
    error_code="",
    started_s=10.0,
    ended_s=10.011,
)
STEP = StepFinished(
    request_id="r1",
    trace=TRACE,
    parent_id="3" * 16,
    step="authenticate",
    started_s=10.0,
    ended_s=10.001,
)
PLAN = PlanBuilt(
    request_id="r1",
    trace=TRACE,
    parent_id="3" * 16,
    operation="Home",
    fetches=4,
    started_s=10.0,
    ended_s=10.002,
)
CACHE = CacheUsed(
    request_id="r1",
    trace=TRACE,
    parent_id="2" * 16,
    cache="plan",
    key_scope="web",
    outcome="hit",
    started_s=10.0,
    ended_s=10.001,
)
FALLBACK = FallbackUsed(
    request_id="r1",
    trace=TRACE,
    parent_id="2" * 16,
    upstream="catalog",
    kind="static",
    reason="UPSTREAM_CIRCUIT_OPEN",
    at_s=10.0,
)
COPY = CopyFinished(request_id="r1", route="users", upstream="next", outcome="ok")
BACKEND = BackendFinished(request_id="r1", route="users", backend="canary", status=502)
BREAKER = BreakerChanged(upstream="catalog", before="closed", after="open", at_s=10.0)
INSTANCE = InstanceChanged(
    upstream="catalog",
    instance="http://127.0.0.1:5101",
    healthy=False,
    reason="3 failed attempts",
    at_s=10.0,
)
PANIC = PanicChanged(upstream="catalog", panic=True, healthy=0, instances=2, at_s=10.0)
DISCOVERY = DiscoveryChanged(
    upstream="catalog", source="consul", stale=True, reason="no response", at_s=10.0
)
SHARED_STORE = SharedStoreChanged(
    store="redis", available=False, reason="no reply in time", at_s=10.0
)
STORE_FALLBACK = SharedStoreFallback(store="redis", user="limits")
GENERATION = GenerationChanged(before="g1", after="g2", at_s=10.0)
REJECTED = ConfigRejected(reason="weir.yaml:3: unknown key", at_s=10.0)
STALLED = EventLoopStalled(
    lag_s=0.2501, cpu_s=0.0312, stack=("json.loads:9", "asyncio.run:1"), at_s=10.0
)
SECURITY = SecurityDecision(request_id="", decision="refused", reason="BAD_REQUEST")
UNKNOWN = UnknownOperation(
    request_id="r1",
    trace=TRACE,
    client_type="web",
    operation="Home",
    sha256_hash="0" * 64,
    client_address="192.0.2.7",
)
COSTED = OperationCosted(client_type="web", estimated=120, actual=7)
REFUSED = RateLimitRefused(
    scope="web",
    limit="address",
    client_address="192.0.2.7",
    method="",
    subject="",
    issuer="",
    client_id="",
)
MEASURED = LimitMeasured(
    request_id="r1",
    trace=TRACE,
    client_type="web",
    operation="Home",
    measured="levels",
    found=12,
    limit=10,
)
PHASE = PhaseChanged(phase="draining", at_s=10.0)
EXECUTION = ExecutionFinished(started_s=10.0, ended_s=10.006)
COMPILED = PlanCompiled(started_s=10.0, ended_s=10.02)
STREAMED = StreamPassed(
    upstream="catalog", bytes_out=5, bytes_in=70, frames_out=1, frames_in=7
)
EXCEEDED = CostExceeded(
    request_id="r1",
    trace=TRACE,
    client_type="web",
    operation="Home",
    estimated=120,
    maximum=100,
    rejected=True,
)

ALL: tuple[Event, ...] = (
    REQUEST,
    ATTEMPT,
    FETCH,
    PLAN,
    STEP,
    OPERATION,
    CACHE,
    FALLBACK,
    COPY,
    BACKEND,
    BREAKER,
    INSTANCE,
    PANIC,
    DISCOVERY,
    SHARED_STORE,
    STORE_FALLBACK,
    GENERATION,
    REJECTED,
    SECURITY,
    STALLED,
    UNKNOWN,
    COSTED,
    MEASURED,
    REFUSED,
    EXCEEDED,
    PHASE,
    EXECUTION,
    COMPILED,
    STREAMED,
)
