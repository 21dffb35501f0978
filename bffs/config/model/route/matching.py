"""The keys that choose the requests of a route."""

from typing import Annotated

from pydantic import AfterValidator, Field

from weir.bffs.config.model.cors import Method
from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.texts import HeaderName, HeaderValue
from weir.gateway.edge.methods import KNOWN_METHODS
from weir.gateway.routes.matching.hosts import parse_host
from weir.gateway.routes.matching.pattern import parse_pattern


def _path(value: str) -> str:
    parse_pattern(value)
    return value


def _known_method(value: str) -> str:
    if value not in KNOWN_METHODS:
        known = ", ".join(sorted(KNOWN_METHODS))
        message = f"the gateway has no such method; there are: {known}"
        raise ValueError(message)
    return value


RoutePath = Annotated[
    str,
    AfterValidator(_path),
    Field(json_schema_extra={"kind": "path pattern"}),
]
"""`/status`, `/users/{id}`, or a prefix such as `/api/*`."""

RouteHost = Annotated[
    str, AfterValidator(parse_host), Field(json_schema_extra={"kind": "host pattern"})
]

RouteMethod = Annotated[Method, AfterValidator(_known_method)]


Regex = Annotated[str, Field(min_length=1, max_length=1024)]
"""A regular expression, in the syntax of RE2."""


class WhenSection(Section):
    """Conditions on requests. Each field has a value, or `*` for any value."""

    headers: dict[HeaderName, HeaderValue] = {}
    """Header fields of the request."""
    query: dict[str, str] = {}
    """Query parameters; of a repeated one, the first counts."""
    cookies: dict[str, str] = {}
    """Cookies; of a repeated one, the first counts."""
    cel: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    """Expression in CEL over the head of the request, which must be true."""
