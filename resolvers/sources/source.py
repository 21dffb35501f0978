"""The seam between execution and the subgraphs.

A source serves one subgraph: a GraphQL service, or a schema in this process. It
prepares each fetch of a plan once, and the executor calls the prepared fetch each time
that the operation runs.
"""

from typing import Protocol

from msgspec import Struct

from weir.gateway.errors import WeirError
from weir.gateway.json_types import JSONObject
from weir.resolvers.context import ExecutionContext
from weir.resolvers.plan.model.nodes import Fetch
from weir.resolvers.provenance import UNKNOWN, Provenance
from weir.resolvers.sources.exposure import NOTHING, ErrorExposure

MAX_ERRORS = 100
"""The limit of errors that are read from a reply; a client cannot use more."""

ASSUMED_BYTES = 64 * 1024
"""The size of a reply in this process that is not JSON as it is."""


class Reply(Struct, frozen=True):
    """The reply of a source to one request.

    `data` belongs to the receiver, which may change it. `errors` are raw GraphQL errors
    of the subgraph, at most `MAX_ERRORS`, and `omitted_errors` counts the others. Their
    messages are for clients if `safe_errors` is true, or if `exposure` exposes them.
    `size_bytes` is the size as JSON, or assumed for values that are not JSON. If the
    request `failed`, the data is that of an earlier reply, of which fields may lack.
    """

    data: JSONObject | None
    errors: tuple[JSONObject, ...] = ()
    omitted_errors: int = 0
    safe_errors: bool = False
    provenance: Provenance = UNKNOWN
    size_bytes: int = ASSUMED_BYTES
    exposure: ErrorExposure = NOTHING
    failed: WeirError | None = None


class BoundFetch(Protocol):
    """A fetch of a plan, bound to the source that serves it."""

    async def __call__(
        self, variables: JSONObject, context: ExecutionContext, span_id: str
    ) -> Reply:
        """Return the reply to one request, within the deadline of the context.

        `variables` are those that the fetch declares, with its representations.
        `span_id` is the fetch's span, or "" if fetches are not recorded.
        Raises a `WeirError` if there is no GraphQL reply.
        """
        ...


class Source(Protocol):
    """The server of one subgraph. Equal sources serve a fetch in the same way."""

    def prepare(self, fetch: Fetch) -> BoundFetch:
        """Do the work on `fetch` that is the same for each request."""
        ...
