"""The seam between execution and what answers a fetch."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from gateway.headers import Headers
from resolvers.json_types import JSONObject
from resolvers.provenance import Provenance

if TYPE_CHECKING:
    from resolvers.context import ExecutionContext


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRequest:
    """One GraphQL request to one subgraph; `safe` unless it is a mutation."""

    document: str
    variables: JSONObject
    safe: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a source answered, with all that a façade merges into its own headers.

    `data` belongs to the receiver, who merges into it. `errors` are raw GraphQL
    errors in the subgraph's own terms; `safe_errors` says that their texts were
    written for clients.
    """

    data: JSONObject | None
    errors: tuple[JSONObject, ...] = ()
    safe_errors: bool = False
    provenance: Provenance = field(default_factory=Provenance)
    headers: Headers = ()


class Source(Protocol):
    """Serves one subgraph: a GraphQL upstream, or a schema in this process."""

    async def fetch(self, request: SourceRequest, context: "ExecutionContext") -> Reply:
        """Answer the request within its deadline.

        Raises a `WeirError` where there is no GraphQL answer at all.
        """
        ...
