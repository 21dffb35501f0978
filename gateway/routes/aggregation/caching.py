"""The header fields by which caches may reuse an aggregated response."""

from collections.abc import Iterable
from functools import reduce
from typing import Final

from msgspec.structs import replace

from weir.gateway.cache_control import CacheControl, Scope, read_cache_control
from weir.gateway.headers import Headers, header, list_members
from weir.gateway.http_time import age_s
from weir.gateway.transport.message import UpstreamResponse

_NOT_STORED: Final[Headers] = ((b"cache-control", b"no-store"),)
_ANY: Final = b"*"


def cache_fields(
    responses: Iterable[UpstreamResponse], varies: Iterable[bytes], *, personal: bool
) -> Headers:
    """Return Cache-Control and Vary of a complete response.

    It allows what all `responses` allow together. It is private, unless all of them are
    public and it is not `personal`. Without a lifetime it has to be validated.
    `varies` are the fields of the client that the response depends on.
    """
    responses = tuple(responses)
    names = {each for one in responses for each in list_members(one.headers, b"vary")}
    if not responses or _ANY in names:
        return _NOT_STORED
    control = reduce(CacheControl.combine, map(_control, responses))
    if personal or control.scope is not Scope.PUBLIC:
        control = replace(control, scope=Scope.PRIVATE)
    if not control.states_lifetime:
        control = replace(control, no_cache=True)
    fields = ((b"cache-control", control.field_value()),)
    if names := names.union(varies):
        return (*fields, (b"vary", b", ".join(sorted(names))))
    return fields


def _control(response: UpstreamResponse) -> CacheControl:
    control = read_cache_control(response.headers).after(age_s(response.headers))
    # A cookie is for one client, and services rarely mark the body as private.
    if header(response.headers, b"set-cookie") is not None:
        control = replace(control, scope=Scope.PRIVATE)
    return control
