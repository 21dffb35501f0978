"""Fields that name the caller to a service, and the responses that depend on them.

Only the gateway writes these fields. A client's own copy never reaches the service, for
anonymous callers neither.
"""

from typing import Final

from msgspec.structs import replace

from weir.gateway.cache_control import CacheControl, Scope, read_cache_control
from weir.gateway.context import Identity
from weir.gateway.headers import Headers, cgi_name, list_members
from weir.gateway.transport.message import UpstreamRequest
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.middleware.minting import TokenMint
from weir.gateway.upstreams.model.identity_field import IdentityField
from weir.gateway.upstreams.model.wrapped_stream import WrappedStream

_CACHE_CONTROL: Final = b"cache-control"
_AUTHORIZATION: Final = b"authorization"
_VARY: Final = b"vary"


class IdentityFields:
    """The identity fields of one upstream; with a `mint`, also Authorization.

    `credentials` are the fields of clients by which the gateway identifies them.
    """

    __slots__ = ("_copies", "_credentials", "_fields", "_mint", "_names")

    def __init__(
        self,
        fields: tuple[IdentityField, ...],
        mint: TokenMint | None = None,
        credentials: tuple[bytes, ...] = (),
    ) -> None:
        self._fields = fields
        self._credentials = credentials
        self._mint = mint
        minted = (_AUTHORIZATION,) if mint else ()
        self._names = frozenset((*(each.name for each in fields), *minted))
        self._copies = frozenset(map(cgi_name, self._names))

    def of(self, caller: Identity) -> Headers:
        """Return the fields of a caller; there are none for an anonymous one."""
        if not self._names or not caller.authenticated:
            return ()
        values = ((each.name, each.value(caller)) for each in self._fields)
        fields = tuple([(name, value) for name, value in values if value is not None])
        if self._mint is None:
            return fields
        return (*fields, (_AUTHORIZATION, self._mint.field_value(caller)))

    def without_copies(self, request: UpstreamRequest) -> UpstreamRequest:
        """Return the request without fields that a service could take for these."""
        if not self._names:
            return request
        kept = tuple(
            [line for line in request.headers if cgi_name(line[0]) not in self._copies]
        )
        same = len(kept) == len(request.headers)
        return request if same else replace(request, headers=kept)

    def for_caches(self, headers: Headers, caller: Headers) -> Headers:
        """Return the fields of a response for caches in front of the gateway.

        They do not see what the gateway sent, so that `Vary` means nothing to them. A
        response that depends on the fields of a `caller` is private. One without them
        varies by the credentials of clients instead.
        """
        if not self._names:
            return headers
        control = read_cache_control(headers)
        if control.no_store or not self._select(headers, control):
            return headers
        vary = [
            each for each in list_members(headers, _VARY) if each not in self._names
        ]
        if not caller:
            others = [line for line in headers if line[0] != _VARY]
            vary += [each for each in self._credentials if each not in vary]
        else:
            control = replace(control, scope=Scope.PRIVATE)
            replaced = (_CACHE_CONTROL, _VARY)
            others = [line for line in headers if line[0] not in replaced]
            others.append((_CACHE_CONTROL, control.field_value()))
        return (*others, (_VARY, b", ".join(vary))) if vary else tuple(others)

    def _select(self, headers: Headers, control: CacheControl) -> bool:
        """Return whether a response may depend on these fields.

        A `public` one does only if `Vary` lists them.
        """
        listed = not self._names.isdisjoint(list_members(headers, _VARY))
        return listed or control.scope is not Scope.PUBLIC


class OtherFields(WrappedStream):
    """A stream with other header fields."""

    def __init__(self, stream: ResponseStream, headers: Headers) -> None:
        super().__init__(stream)
        self._headers = headers

    @property
    def headers(self) -> Headers:
        return self._headers
