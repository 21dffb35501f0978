"""The section of a route that passes requests on to a service."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from weir.bffs.config.model.limits.rate_limit import KeyParts
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.route.backends import (
    BackendSection,
    CohortSection,
    StickyCookieSection,
)
from weir.bffs.config.model.route.matching import RouteHost, RoutePath
from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Duration, Share, Size
from weir.bffs.config.model.values.texts import Name
from weir.gateway.limits.key import OPERATION, PLAN
from weir.gateway.routes.endpoints.mirror import MirrorPolicy
from weir.gateway.routes.endpoints.websocket.handshake import WEBSOCKET
from weir.gateway.routes.endpoints.websocket.tunnel import TunnelPolicy

_WITH_REQUESTS: Final = frozenset({"h2c", "http", "tls"})
"""Protocols whose connections carry further requests of HTTP."""
_TUNNEL: Final = TunnelPolicy()
_MIRROR: Final = MirrorPolicy()


def _as_upstream(value: Any) -> Any:
    return {"upstream": value} if isinstance(value, str) else value


def _as_websocket(value: Any) -> Any:
    return {} if value is True else value


def _protocol(value: str) -> str:
    name = value.lower()
    if name == WEBSOCKET:
        message = "`websocket: true` lets clients switch to WebSocket"
        raise ValueError(message)
    if name.partition("/")[0] in _WITH_REQUESTS:
        message = "requests within the connection would pass no route"
        raise ValueError(message)
    return value


UpgradeProtocol = Annotated[
    str,
    Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+(/[!#$%&'*+.^_`|~0-9A-Za-z-]+)?$"),
    AfterValidator(_protocol),
    Field(json_schema_extra={"expected": "a protocol such as spdy/3.1"}),
]
"""A protocol of the field Upgrade (RFC 9110 §7.8)."""


class WebSocketSection(Section):
    """WebSocket connections; `true` means this section with its defaults."""

    idle: Duration = _TUNNEL.idle_s
    """Longest time without data in both directions."""
    max_frame: Size = _TUNNEL.max_frame_bytes
    """Largest frame in each direction."""


class MirrorSection(Section):
    """A service that gets copies of requests; its name alone means this section.

    Clients do not notice it, and its responses are dropped.
    """

    upstream: Name
    """Name of the upstream."""
    share: Share = _MIRROR.share
    """Share of the requests that are copied."""
    writes: bool = _MIRROR.writes
    """Copy all requests; by default, only GET, HEAD, OPTIONS and QUERY."""
    max_body: Size = _MIRROR.max_body_bytes
    """Largest body of a request that is copied."""


def _sticky(parts: list[str]) -> list[str]:
    """Reject what only façades have, and CEL, which may read any field."""
    for part in parts:
        if part in {PLAN, OPERATION} or part.startswith("cel:"):
            message = f"{part!r} is only used in `key` of `rate_limits`"
            raise ValueError(message)
    return parts


class ProxySection(Section):
    """A service that gets the requests; its name alone means this section with it."""

    upstream: Name | None = None
    """Name of the upstream."""
    backends: dict[Name, BackendSection] = {}
    """Several services in place of `upstream`, by the label that they get as
    `x-weir-backend`."""
    sticky: Annotated[KeyParts, AfterValidator(_sticky)] = []
    """Send requests with an equal key to the same backend; as `key` of `rate_limits`,
    without `plan`, `operation` and `cel`. Without it, each request is decided by
    itself."""
    sticky_cookie: StickyCookieSection | None = None
    cohorts: dict[Name, CohortSection] = {}
    """Requests with shares of their own, by name; the first that includes a request
    decides."""
    path: RoutePath | None = None
    """Path at the service, with the parameters of the route's path, or named groups of
    their expressions; `*` is the rest. Without it, the path is not changed."""
    host: RouteHost | None = None
    """Host that the service sees; by default that of the instance."""
    preserve_host: bool = False
    """Let the service see the host of the client's request."""
    cache: bool = False
    """Use the `cache`, `coalesce` and `fallback` of the upstream for GET. These
    responses are read whole, up to `max_response` of the upstream."""
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
    upgrades: list[UpgradeProtocol] = []
    """Other protocols that clients can switch to, such as `spdy/3.1`. Bytes pass in
    both directions, until there are none for five minutes."""
    mirror: (
        Annotated[
            MirrorSection,
            BeforeValidator(_as_upstream, json_schema_input_type=Name | MirrorSection),
        ]
        | None
    ) = None

    @property
    def upstreams(self) -> dict[DataPath, str]:
        """The names of the upstreams, by the path of their section."""
        mirror: dict[DataPath, str] = (
            {("mirror",): self.mirror.upstream} if self.mirror else {}
        )
        return self._own | mirror

    @property
    def cached(self) -> tuple[str, ...]:
        """The names of the upstreams whose cache is used."""
        return tuple(dict.fromkeys(self._own.values())) if self.cache else ()

    @property
    def switching(self) -> tuple[str, ...]:
        """The names of the upstreams with which clients can switch protocols."""
        can_switch = self.websocket is not None or self.upgrades
        return tuple(dict.fromkeys(self._own.values())) if can_switch else ()

    @property
    def _own(self) -> dict[DataPath, str]:
        if self.upstream is not None:
            return {(): self.upstream}
        return {("backends", name): one.upstream for name, one in self.backends.items()}

    @property
    def by_priority(self) -> dict[int, dict[str, BackendSection]]:
        """The backends by their priority, the lowest number first."""
        numbers = sorted({each.priority for each in self.backends.values()})
        return {
            number: {
                name: each
                for name, each in self.backends.items()
                if each.priority == number
            }
            for number in numbers
        }

    @model_validator(mode="after")
    def _check_backends(self) -> Self:
        if (self.upstream is None) == (not self.backends):
            message = "expected either `upstream` or `backends`"
            raise ValueError(message)
        for priority, backends in self.by_priority.items():
            if not any(each.weight for each in backends.values()):
                of_priority = f" of priority {priority}" if priority > 1 else ""
                message = f"backends: one{of_priority} needs a weight above 0"
                raise ValueError(message)
        used = {"cohorts", "sticky", "sticky_cookie"} & self.model_fields_set
        if used and not self.backends:
            message = f"`{min(used)}` is only used with `backends`"
            raise ValueError(message)
        if self.sticky and self.sticky_cookie is not None:
            message = "expected either `sticky` or `sticky_cookie`"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_cohorts(self) -> Self:
        for name, cohort in self.cohorts.items():
            first = next(iter(self.by_priority.values()))
            for backend in cohort.weights:
                if backend not in first:
                    message = (
                        f"cohorts.{name}.weights: there is no backend {backend} of the"
                        f" first priority; there are: {', '.join(first)}"
                    )
                    raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_mirror(self) -> Self:
        if self.mirror is not None and self.mirror.upstream in self._own.values():
            message = (
                f"mirror: {self.mirror.upstream} gets the requests themselves; expected"
                " another upstream"
            )
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


Proxy = Annotated[
    ProxySection,
    BeforeValidator(_as_upstream, json_schema_input_type=Name | ProxySection),
]
"""A proxy; the name of an upstream alone means one to it."""
