"""The model of plain routes: the requests that they match, and their endpoints."""

import re
from typing import Annotated, Any, Final, Literal, NamedTuple, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from weir.bffs.config.model.addresses import AddressesSection
from weir.bffs.config.model.cors import CorsSection, Method
from weir.bffs.config.model.identity import Access, AccessSection
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.rate_limit import KeyParts, RateLimitSection
from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import CountOrZero, Duration, Size
from weir.bffs.config.model.values.texts import HeaderName, HeaderValue, Name
from weir.gateway.routes.endpoints.tunnel import TunnelPolicy
from weir.gateway.routes.matching.hosts import parse_host
from weir.gateway.routes.matching.pattern import PathPattern, parse_pattern
from weir.gateway.routes.matching.rule import METHODS
from weir.gateway.routes.rewrite import PathRewrite
from weir.gateway.upstreams.model.header_rules import may_be_set

_KNOWN_METHODS: Final = METHODS | {"TRACE"}
_TUNNEL: Final = TunnelPolicy()
# RFC 9110 §15.3.5, §15.3.6, §15.4.5.
_NO_BODY: Final = (204, 205, 304)
_URL: Final = re.compile(
    r"(https?://[A-Za-z0-9._:\[\]-]+)?(/[^?#\s]*)?(?:\?([\x21\x24-\x7e]*))?"
)


def _path(value: str) -> str:
    parse_pattern(value)
    return value


def _known_method(value: str) -> str:
    if value not in _KNOWN_METHODS:
        known = ", ".join(sorted(_KNOWN_METHODS))
        message = f"the gateway has no such method; there are: {known}"
        raise ValueError(message)
    return value


def _as_proxy(value: Any) -> Any:
    return {"upstream": value} if isinstance(value, str) else value


def _url(value: str) -> str:
    split_url(value)
    return value


def _field_name(value: str) -> str:
    if not may_be_set(value.lower().encode()) and value.lower() != "content-type":
        message = "the gateway writes this header field itself"
        raise ValueError(message)
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


class WhenSection(Section):
    """Fields that a request must have, each with its value, or `*` for any value."""

    headers: dict[HeaderName, HeaderValue] = {}
    """Header fields of the request."""
    query: dict[str, str] = {}
    """Query parameters; of a repeated one, the first counts."""
    cookies: dict[str, str] = {}
    """Cookies; of a repeated one, the first counts."""


def _as_websocket(value: Any) -> Any:
    return {} if value is True else value


class WebSocketSection(Section):
    """WebSocket connections; `true` means this section with its defaults."""

    idle: Duration = _TUNNEL.idle_s
    """Longest time without data in both directions."""
    max_frame: Size = _TUNNEL.max_frame_bytes
    """Largest frame in each direction."""


class BackendSection(Section):
    """One of several services that share the requests."""

    upstream: Name
    """Name of the upstream."""
    weight: CountOrZero = 1
    """Share of the requests, relative to the other backends."""


class ProxySection(Section):
    """A service that gets the requests; its name alone means this section with it."""

    upstream: Name | None = None
    """Name of the upstream."""
    backends: dict[Name, BackendSection] = {}
    """Several services in place of `upstream`, by the label that they get as
    `x-weir-backend`."""
    sticky: KeyParts = []
    """Send requests with an equal key to the same backend; as `key` of `rate_limits`.
    Without it, each request is decided by itself."""
    path: RoutePath | None = None
    """Path at the service, with the parameters of the route's path; `*` is the rest.
    Without it, the path is not changed."""
    host: RouteHost | None = None
    """Host that the service sees; by default that of the instance."""
    preserve_host: bool = False
    """Let the service see the host of the client's request."""
    websocket: (
        Annotated[
            WebSocketSection,
            BeforeValidator(
                _as_websocket, json_schema_input_type=Literal[True] | WebSocketSection
            ),
        ]
        | None
    ) = None
    """Let clients switch to WebSocket; with `cors`, only pages of its origins and of
    the requested host."""

    @property
    def upstreams(self) -> dict[DataPath, str]:
        """The names of the upstreams, by the path of their section."""
        if self.upstream is not None:
            return {(): self.upstream}
        return {("backends", name): one.upstream for name, one in self.backends.items()}

    @model_validator(mode="after")
    def _check_backends(self) -> Self:
        if (self.upstream is None) == (not self.backends):
            message = "expected either `upstream` or `backends`"
            raise ValueError(message)
        if self.backends and not any(each.weight for each in self.backends.values()):
            message = "backends: one needs a weight above 0"
            raise ValueError(message)
        if self.sticky and not self.backends:
            message = "`sticky` is only used with `backends`"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_host(self) -> Self:
        if self.host is not None and self.preserve_host:
            message = "expected either `host` or `preserve_host`"
            raise ValueError(message)
        if self.host is not None and self.host.startswith("*"):
            message = "host: expected one host, not a pattern"
            raise ValueError(message)
        return self


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


class RespondSection(Section):
    """A fixed response."""

    status: Annotated[int, Field(ge=200, le=599)] = 200
    headers: dict[Annotated[HeaderName, AfterValidator(_field_name)], HeaderValue] = {}
    """Header fields; `content-type` is `text/plain` by default."""
    body: str = ""

    @model_validator(mode="after")
    def _check_body(self) -> Self:
        if self.body and self.status in _NO_BODY:
            message = f"a response with status {self.status} has no body"
            raise ValueError(message)
        return self


class RouteSection(Section):
    """Requests that do not go to a façade, by host, path and method.

    Exactly one of `proxy`, `redirect` and `respond` is required.
    """

    path: RoutePath
    """Path of the requests: exact, with `{parameters}`, or a prefix that ends with
    `/*`."""
    hosts: list[RouteHost] = []
    """Hosts such as `api.example.com` or `*.example.com`; without them, every host."""
    methods: list[RouteMethod] = []
    """Methods; GET includes HEAD. Without them, every method except TRACE."""
    when: WhenSection = WhenSection()
    proxy: (
        Annotated[
            ProxySection,
            BeforeValidator(_as_proxy, json_schema_input_type=Name | ProxySection),
        ]
        | None
    ) = None
    redirect: RedirectSection | None = None
    respond: RespondSection | None = None
    timeout: Duration | None = None
    """Longest time from the end of a request to the head of its response; by default
    `server.request_timeout`. The times of the upstream apply as well."""
    max_body: Size | None = None
    """Largest body of a request, which is streamed; by default `server.max_body`."""
    access: Access = AccessSection()
    """Callers that may use it: `anonymous` for all, `authenticated`, or scopes,
    roles and policies."""
    addresses: AddressesSection | None = None
    """Client addresses that it serves; others get 403."""
    cors: CorsSection | None = None
    """Without it, the rules for browsers are those of the service."""
    rate_limits: dict[Name, RateLimitSection] = {}
    """Limits of the requests of this route, by name."""

    @model_validator(mode="after")
    def _check_endpoint(self) -> Self:
        given = (self.proxy, self.redirect, self.respond)
        if sum(each is not None for each in given) != 1:
            message = "expected exactly one of `proxy`, `redirect` and `respond`"
            raise ValueError(message)
        if self.proxy is None and (self.timeout or self.max_body):
            message = "`timeout` and `max_body` are only used with `proxy`"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_target(self) -> Self:
        pattern = parse_pattern(self.path)
        if self.proxy is not None and self.proxy.path is not None:
            PathRewrite(pattern, parse_pattern(self.proxy.path))
        if self.redirect is not None:
            PathRewrite(pattern, split_url(self.redirect.to).path)
        return self
