"""The source of operations that are prepared in a process without connections.

The process that executes them binds them to its own sources.
"""

from typing import Final, NoReturn

from weir.gateway.json_types import JSONObject
from weir.resolvers.context import ExecutionContext
from weir.resolvers.plan.model.nodes import Fetch
from weir.resolvers.sources.source import BoundFetch


class UnboundSource:
    """A source whose fetches are never executed."""

    def prepare(self, fetch: Fetch) -> BoundFetch:
        del fetch
        return _never_called


UNBOUND: Final = UnboundSource()


async def _never_called(
    variables: JSONObject, context: ExecutionContext, span_id: str
) -> NoReturn:
    del variables, context, span_id
    message = "a fetch is executed before it is bound to a source"
    raise RuntimeError(message)
