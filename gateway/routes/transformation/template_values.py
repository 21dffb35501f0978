"""The values of a request that a template of a body can use, besides the body.

path      the parameters of the route's path
query     the query parameters; of a repeated one, the first
claims    the claims of the caller's credential
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import RequestHead
from weir.gateway.json_types import JSONObject, JSONValue, is_mapping
from weir.gateway.routes.matching.path import segments_of
from weir.gateway.routes.matching.pattern import PathPattern
from weir.gateway.routes.matching.template import parameter_texts

BODY: Final = "body"
CLAIMS: Final = "claims"
NAMES: Final = frozenset({BODY, "path", "query", CLAIMS})
"""The names of all values of a template."""


@dataclass(frozen=True, slots=True)
class TemplateValues:
    """The values of requests to a route with this pattern."""

    pattern: PathPattern

    def of(self, head: RequestHead, context: RequestContext) -> Mapping[str, JSONValue]:
        """Return the values of a request."""
        pairs = parse_qsl(head.query, keep_blank_values=True)
        return {
            "path": self._path(head),
            "query": dict(reversed(pairs)),
            CLAIMS: _plain(context.identity.claims),
        }

    def _path(self, head: RequestHead) -> JSONObject:
        texts = parameter_texts(self.pattern.shape, segments_of(head.path)[1:])
        return dict(zip(self.pattern.parameters, texts, strict=True))


def _plain(value: JSONValue) -> JSONValue:
    """Return a value of claims, which are read-only, as one of JSON."""
    if is_mapping(value):
        return {key: _plain(each) for key, each in value.items()}
    if value.__class__ in (list, tuple):
        return [_plain(each) for each in value]
    return value
