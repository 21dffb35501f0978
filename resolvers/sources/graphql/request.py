"""The request of GraphQL over HTTP: its header fields and its body.

https://graphql.github.io/graphql-over-http/draft/
"""

from typing import Final

import orjson

from weir.gateway.headers import Headers
from weir.gateway.json_types import JSONObject
from weir.resolvers.errors import SubgraphError

HEADERS: Final[Headers] = (
    (b"content-type", b"application/json"),
    (b"accept", b"application/graphql-response+json, application/json;q=0.9"),
)


class RequestBody:
    """The bodies of all requests with one document.

    The document is encoded once; only the variables are encoded for each request.
    """

    __slots__ = ("_before_variables", "without_variables")

    def __init__(self, document: str) -> None:
        query = b'{"query":' + orjson.dumps(document)
        self.without_variables = query + b"}"
        self._before_variables = query + b',"variables":'

    def with_variables(self, variables: JSONObject) -> bytes:
        """Return a body. Raises SubgraphError if `variables` are not JSON values."""
        try:
            return self._before_variables + orjson.dumps(variables) + b"}"
        except TypeError as error:
            message = f"The variables cannot be encoded as JSON: {error}"
            raise SubgraphError(message) from error
