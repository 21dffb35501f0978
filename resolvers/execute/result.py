"""The result of an execution, for the response of a façade."""

from msgspec import Struct

from weir.gateway.cache_control import CacheControl
from weir.gateway.events import ServiceFailure
from weir.gateway.json_types import JSONObject
from weir.resolvers.cost.report import CostReport
from weir.resolvers.limit_excess import LimitExcess
from weir.resolvers.operation.variables.device_arguments import Clamped
from weir.resolvers.provenance import CacheUse


class ExecutionResult(Struct, frozen=True, kw_only=True):
    """The result of an operation; `completed` if there was no failure.

    `clamped` are the client's values of arguments that were above a maximum.
    `degraded` are the failures of fields that have a value in place of null, in the
    form of errors.

    `failures` are those of the errors by service, for telemetry.

    `cache_control`, `vary`, `age_s` and `cache` are those of all replies together (see
    `Provenance`). `cost` is missing if costs are not measured.
    `excess` is the first measured limit that the response exceeds.
    """

    data: JSONObject | None
    errors: tuple[JSONObject, ...] = ()
    clamped: tuple[Clamped, ...] = ()
    degraded: tuple[JSONObject, ...] = ()
    failures: tuple[ServiceFailure, ...] = ()
    completed: bool
    cache_control: CacheControl
    vary: tuple[str, ...] = ()
    age_s: int = 0
    cache: CacheUse = CacheUse.NONE
    cost: CostReport | None = None
    excess: LimitExcess | None = None
