"""What an execution ends with, and all that a façade tells its client of it."""

from dataclasses import dataclass

from gateway.headers import Headers
from resolvers.execute.failures import ClientPath
from resolvers.json_types import JSONObject
from resolvers.provenance import CacheUse, Freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionResult:
    """The answer to an operation.

    `missing` are the paths where there is null because something failed; `completed`
    says that nothing did. `freshness`, `vary`, `age_s` and `cache` are those of all
    replies together; `headers` are each subgraph's own, in the plan's order.
    """

    data: JSONObject | None
    errors: tuple[JSONObject, ...] = ()
    missing: tuple[ClientPath, ...] = ()
    completed: bool
    freshness: Freshness
    vary: tuple[str, ...] = ()
    age_s: float = 0.0
    cache: CacheUse = CacheUse.NONE
    headers: tuple[tuple[str, Headers], ...] = ()
