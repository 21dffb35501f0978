"""The section of a route that redirects to another URL."""

import re
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import AfterValidator, Field

from weir.bffs.config.model.section import Section
from weir.gateway.routes.matching.pattern import PathPattern, parse_pattern

_URL: Final = re.compile(
    r"(https?://[A-Za-z0-9._:\[\]-]+)?(/[^?#\s]*)?(?:\?([\x21\x24-\x7e]*))?"
)


def _url(value: str) -> str:
    split_url(value)
    return value


class RedirectUrl(NamedTuple):
    """The parts of a redirect's URL: an origin or "", a path, a query or ""."""

    origin: str
    path: PathPattern
    query: str


def split_url(value: str) -> RedirectUrl:
    """Return the parts of a URL template; raises ValueError."""
    match = _URL.fullmatch(value)
    if match is None or not (match[1] or match[2]):
        message = 'expected a URL such as "https://www.example.com/*", or a path'
        raise ValueError(message)
    query = match[3] or ""
    if "{" in query:
        message = "only the path of the URL has parameters, not the query"
        raise ValueError(message)
    return RedirectUrl(match[1] or "", parse_pattern(match[2] or "/"), query)


class RedirectSection(Section):
    """A redirect to another URL."""

    to: Annotated[
        str,
        AfterValidator(_url),
        Field(json_schema_extra={"kind": "URL template", "secret": "query"}),
    ]
    """URL or path, with the parameters of the route's path; `*` is the rest. The query
    is added unless this has one."""
    status: Literal[301, 302, 303, 307, 308] = 307
    """301 and 308 are permanent; 307 and 308 keep the method."""
