"""Fields that name the caller to a service, and the responses that depend on them.

Only the gateway writes these fields. A client's own copy never reaches the service, for
anonymous callers neither.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from msgspec.structs import replace

from weir.gateway.cache_control import Scope, read_cache_control
from weir.gateway.context import Identity
from weir.gateway.headers import Headers, cgi_name, list_members
from weir.gateway.transport.message import UpstreamRequest
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.middleware.minting import TokenMint
from weir.gateway.upstreams.model.identity_field import IdentityField

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


class PrivateStream:
    """A stream with other header fields."""

    __slots__ = ("_stream", "headers")

    def __init__(self, stream: ResponseStream, headers: Headers) -> None:
        self._stream = stream
        self.headers = headers

    @property
    def status(self) -> int:
        return self._stream.status

    @property
    def instance(self) -> str:
        return self._stream.instance

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    def detach(self) -> tuple[asyncio.Transport, bytes]:
        return self._stream.detach()

    async def aclose(self) -> None:
        await self._stream.aclose()
