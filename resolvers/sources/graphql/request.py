"""The header fields of GraphQL over HTTP.

https://graphql.github.io/graphql-over-http/draft/
"""

from typing import Final

from gateway.headers import Headers

HEADERS: Final[Headers] = (
    (b"content-type", b"application/json"),
    (b"accept", b"application/graphql-response+json, application/json;q=0.9"),
)
