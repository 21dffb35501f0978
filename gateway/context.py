"""The context of one client request; passed explicitly, never a ContextVar."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol, Self

from msgspec import Struct
from msgspec.structs import replace

from weir.gateway.clients.application import (
    UNKNOWN_APPLICATION,
    ClientApplication,
    identified_application,
)
from weir.gateway.events import EventSink
from weir.gateway.headers import Headers
from weir.gateway.json_types import JSONValue
from weir.gateway.trace_parent import TraceParent


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The caller of a request, as a verified credential states it.

    `method` is the kind of credential, such as "jwt" or "api_key"; it is "" for an
    anonymous caller. `client_id` is the application that sends the request, where the
    credential names one. `scopes` and `roles` include those that the configuration
    grants. `claims` are the claims of the credential, to be read only.
    `cache_partition` is equal for identities that may share responses.
    """

    method: str = ""
    subject: str = ""
    issuer: str = ""
    client_id: str = ""
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    claims: Mapping[str, JSONValue] = field(
        default_factory=lambda: MappingProxyType({}), hash=False
    )
    cache_partition: str = ""

    @property
    def authenticated(self) -> bool:
        """Whether a credential was verified."""
        return bool(self.method)


ANONYMOUS = Identity()


class CurrentSpans(Protocol):
    """The current span of OpenTelemetry, which libraries of resolvers use."""

    def current(self, trace: TraceParent, span_id: str) -> AbstractContextManager[None]:
        """Make a span of a request the parent of the spans that begin meanwhile.

        It is the span of the request itself if `span_id` is "".
        """
        ...

    def span_id(self, trace: TraceParent) -> str:
        """Return the current span of this trace, or "" if there is none."""
        ...


class RequestContext(Struct, frozen=True, kw_only=True):
    """One client request as every layer below the edge sees it.

    `deadline_s` is on the monotonic clock. `method` is that of HTTP, and `route` the
    template of the path. `forwarded` are the fields for every upstream: forwarding
    headers, request id, trace state and client type; the `traceparent` of each attempt
    is its own. `client_headers` are all fields of the client by lower-case name, for
    decisions: a service is only sent the fields that its header rules name.
    `client_address` is the nearest address that does not belong to a trusted proxy, or
    "". `client` is the verified identity, or else the network of that address. Its
    failures count against it alone. `cache_partition` separates responses that callers
    must not share; it is "" if they cannot depend on the caller. `returned` are the
    fields that the client gets of services' responses, one item for each response, in
    their order of arrival. `application` is the one that the client names, or else that
    of its verified credential. `writes` is true for a mutation: its reads are not
    served from a cache or a call in flight, which may have values from before the
    write. `spans` are for resolvers, if requests are traced.
    """

    request_id: str
    trace: TraceParent
    client_type: str
    generation_id: str
    deadline_s: float
    sink: EventSink
    method: str = ""
    route: str = ""
    identity: Identity = ANONYMOUS
    cache_partition: str = ""
    forwarded: Headers = ()
    client_headers: Mapping[bytes, bytes] = {}
    client_address: str = ""
    client: str = "unknown"
    application: ClientApplication = UNKNOWN_APPLICATION
    writes: bool = False
    spans: CurrentSpans | None = None
    returned: list[Headers] = []

    def identified(self, identity: Identity, cache_partition: str = "") -> Self:
        """Return this context with its caller."""
        name = identity.subject or identity.client_id
        application = self.application
        if not application.name:
            application = identified_application(
                identity.client_id, application.version
            )
        return replace(
            self,
            identity=identity,
            cache_partition=cache_partition,
            client=f"{identity.issuer} {name}" if name else self.client,
            application=application,
        )

    def forwarding(self, headers: Headers) -> Self:
        """Return this context with other fields for upstreams."""
        return replace(self, forwarded=headers)
