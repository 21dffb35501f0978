"""The context of a running operation: the client's request, variables and loaders."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from weir.gateway.clock import Clock, SystemClock
from weir.gateway.context import RequestContext
from weir.gateway.ids import IdSource, RandomIds
from weir.gateway.json_types import JSONObject
from weir.gateway.upstreams.model.upstream import Upstream
from weir.resolvers.batches import Batch, Loaders

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionContext:
    """One execution of one operation; Strawberry resolvers get it as info.context.

    `variables` are coerced, hidden ones included. `loaders` live as long as this
    request. `upstreams` are the registered services, for resolvers that call them.
    `operation` is its name, if it has one.
    `masked` hides the text of upstream errors (production).
    """

    request: RequestContext
    variables: JSONObject
    loaders: Loaders
    upstreams: Mapping[str, Upstream] = field(default_factory=dict[str, Upstream])
    operation: str = ""
    masked: bool = True
    clock: Clock = field(default_factory=SystemClock)
    ids: IdSource = field(default_factory=RandomIds)

    async def load(self, batch: "Batch[ExecutionContext, K, V]", key: K) -> V:
        """Return the value of `key`, loaded together with what others ask for."""
        return await self.loaders.load(batch, key, self)

    async def load_many(
        self, batch: "Batch[ExecutionContext, K, V]", keys: Iterable[K]
    ) -> list[V]:
        """Return the values of `keys`, in order."""
        return await self.loaders.load_many(batch, keys, self)
