"""A façade: one kind of client's view of the graph, and how it is asked."""

from collections.abc import Mapping
from dataclasses import dataclass

from weir.bffs.facades.stored_operations import StoredOperation
from weir.gateway.context import RequestContext
from weir.resolvers.engine.engine import Engine, Prepared
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.json_types import JSONObject
from weir.resolvers.operation.device_arguments import ArgumentRule, Coordinate


@dataclass(frozen=True, slots=True, kw_only=True)
class Facade:
    """What one kind of client sees.

    `path` is where it is served ("" for the root). `device` are its rules by
    coordinate. `stored` are its operations, planned when the generation was built.
    """

    name: str
    path: str
    engine: Engine
    device: Mapping[Coordinate, ArgumentRule]
    stored: tuple[tuple[StoredOperation, Prepared], ...]
    development: bool

    async def run(
        self, prepared: Prepared, variables: JSONObject, context: RequestContext
    ) -> ExecutionResult:
        """Execute an operation of this façade for one request."""
        return await self.engine.execute(prepared, variables, self.device, context)
