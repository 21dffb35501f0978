"""The context of a running operation: the client's request, variables and loaders."""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from msgspec import Struct, field

from weir.gateway.clock import Clock, SystemClock
from weir.gateway.context import RequestContext
from weir.gateway.ids import IdSource, RandomIds
from weir.gateway.json_types import JSONObject
from weir.gateway.transport.reply_hold import ReplyHold
from weir.gateway.upstreams.model.upstream import Upstream
from weir.resolvers.batches import Batch, Loaders
from weir.resolvers.cost.report import RunningCost
from weir.resolvers.recorded_upstreams import RecordedUpstreams
from weir.resolvers.response_limits import DEFAULT_RESPONSE_LIMITS, ResponseLimits

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ExecutionContext(Struct, frozen=True, kw_only=True):
    """One execution of one operation, which is `info.context` of Strawberry resolvers.

    `variables` are coerced, and include hidden ones. `services` are the registered
    upstreams. `operation` is the name of the operation, or "". `masked` hides the text
    of upstream errors (production). `forwarded` are the fields of clients that some
    service is sent. `span_id` is the span of the execution, or "" without tracing. A
    response beyond `response_limits` is rejected, and one beyond `measured_limits`
    reported. `hold` counts the replies of services until the end of the execution.
    """

    request: RequestContext
    variables: JSONObject
    services: Mapping[str, Upstream] = {}
    operation: str = ""
    masked: bool = True
    forwarded: frozenset[bytes] = frozenset()
    span_id: str = ""
    cost: RunningCost | None = None
    hold: ReplyHold | None = None
    response_limits: ResponseLimits = DEFAULT_RESPONSE_LIMITS
    measured_limits: ResponseLimits | None = None
    clock: Clock = field(default_factory=SystemClock)
    ids: IdSource = field(default_factory=RandomIds)
    _loaders: list[Loaders] = []

    @property
    def loaders(self) -> Loaders:
        """Return the loaders of this request."""
        if not self._loaders:
            self._loaders.append(Loaders(remember=not self.request.writes))
        return self._loaders[0]

    @property
    def upstreams(self) -> Mapping[str, Upstream]:
        """Return the registered services, for resolvers that call them."""
        return RecordedUpstreams(self.services, self.loaders.provenance)

    async def load(self, batch: "Batch[ExecutionContext, K, V]", key: K) -> V:
        """Return the value of `key`, loaded together with keys of other resolvers."""
        return await self.loaders.load(batch, key, self)

    async def load_many(
        self, batch: "Batch[ExecutionContext, K, V]", keys: Iterable[K]
    ) -> list[V]:
        """Return the values of `keys`, in order."""
        return await self.loaders.load_many(batch, keys, self)
