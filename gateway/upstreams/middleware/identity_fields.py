"""Fields that name the caller to a service, and the responses that depend on them.

Only the gateway writes these fields. A client's own copy never reaches the service, for
anonymous callers neither.
"""

from typing import Final

from msgspec.structs import replace

from weir.gateway.cache_control import Scope, read_cache_control
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
    """The identity fields of one upstream; with a `mint`, also Authorization."""

    __slots__ = ("_copies", "_fields", "_mint", "_names")

    def __init__(
        self, fields: tuple[IdentityField, ...], mint: TokenMint | None = None
    ) -> None:
        self._fields = fields
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

    def select(self, headers: Headers) -> bool:
        """Return whether a response may depend on these fields.

        A `public` one does only if `Vary` lists them.
        """
        listed = not self._names.isdisjoint(list_members(headers, _VARY))
        return listed or read_cache_control(headers).scope is not Scope.PUBLIC

    def private(self, headers: Headers) -> Headers:
        """Return the fields of a response that depends on the caller.

        Caches in front of the gateway do not see what it sent, so that `Vary` means
        nothing to them. The response is private instead.
        """
        control = read_cache_control(headers)
        if not control.no_store:
            control = replace(control, scope=Scope.PRIVATE)
        others = [line for line in headers if line[0] not in (_CACHE_CONTROL, _VARY)]
        if vary := [
            each for each in list_members(headers, _VARY) if each not in self._names
        ]:
            others.append((_VARY, b", ".join(vary)))
        return (*others, (_CACHE_CONTROL, control.field_value()))


class PrivateStream(WrappedStream):
    """A stream with other header fields."""

    def __init__(self, stream: ResponseStream, headers: Headers) -> None:
        super().__init__(stream)
        self._headers = headers

    @property
    def headers(self) -> Headers:
        return self._headers
