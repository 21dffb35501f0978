"""What a running operation knows: the client's request, and where fetches go."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.context import RequestContext
from resolvers.json_types import JSONObject
from resolvers.loaders import Loaders
from resolvers.sources.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionContext:
    """One execution of one operation; Strawberry resolvers get it as info.context.

    `variables` are coerced, hidden ones included. `loaders` live as long as this
    request. `masked` hides the text of upstream errors (production).
    """

    request: RequestContext
    sources: Mapping[str, Source]
    variables: JSONObject
    loaders: Loaders
    masked: bool = True
