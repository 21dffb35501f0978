"""What an execution ends with, and all that a façade tells its client of it."""

from dataclasses import dataclass

from weir.gateway.cache_control import CacheControl
from weir.gateway.json_types import JSONObject
from weir.resolvers.provenance import CacheUse


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionResult:
    """The answer to an operation.

    `completed` says that nothing failed. `cache_control`, `vary`, `age_s` and `cache`
    are those of all replies together (see `Provenance`).
    """

    data: JSONObject | None
    errors: tuple[JSONObject, ...] = ()
    completed: bool
    cache_control: CacheControl
    vary: tuple[str, ...] = ()
    age_s: int = 0
    cache: CacheUse = CacheUse.NONE
