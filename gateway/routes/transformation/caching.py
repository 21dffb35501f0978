"""The limits on caches of a response that is changed by values of the request."""

from collections.abc import Collection
from typing import Final

from msgspec.structs import replace

from weir.gateway.cache_control import Scope, read_cache_control
from weir.gateway.headers import Headers, list_members

_CACHE_CONTROL: Final = b"cache-control"
_VARY: Final = b"vary"


def limited_caching(
    fields: Headers, varies: Collection[bytes], *, personal: bool
) -> Headers:
    """Return the fields with `varies` in Vary, and private if it is `personal`."""
    others = [line for line in fields if line[0] not in (_CACHE_CONTROL, _VARY)]
    control = read_cache_control(fields)
    if personal:
        control = replace(control, scope=Scope.PRIVATE)
    if value := control.field_value():
        others.append((_CACHE_CONTROL, value))
    names = dict.fromkeys((*list_members(fields, _VARY), *varies))
    if names:
        others.append((_VARY, b", ".join(names)))
    return tuple(others)
