"""The header fields that control how a response may be reused."""

from typing import Final

from msgspec.structs import replace

from weir.gateway.cache_control import NO_STATEMENT, CacheControl
from weir.gateway.headers import Headers
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.provenance import CacheUse

_STATUS: Final = {
    CacheUse.HIT: b"weir; hit",
    CacheUse.REVALIDATED: b"weir; fwd=stale; fwd-status=304",
    CacheUse.MISS: b"weir; fwd=miss",
    CacheUse.STALE: b"weir; hit; detail=stale",
    CacheUse.FALLBACK: b"weir; fwd=miss; detail=fallback",
}


_UNSTATED: Final[Headers] = ((b"cache-control", b"no-store"),)
"""The fields of a response without a validator if no service states anything."""


def cache_fields(
    result: ExecutionResult, *, reusable: bool, has_validator: bool
) -> Headers:
    """Return Cache-Control, Age, X-Cache and Cache-Status (RFC 9211).

    Cache-Control allows what all responses of services allow together. If they do not
    state a lifetime, a response with a validator may be stored and has to be validated;
    another one is not stored. X-Cache is that of the worst of them.
    """
    if (
        result.cache_control is NO_STATEMENT
        and not has_validator
        and not result.age_s
        and not result.cache
    ):
        return _UNSTATED
    storable = reusable and (has_validator or _is_limited(result.cache_control))
    fields = [(b"cache-control", _cache_control(result, storable=storable))]
    if result.age_s:
        fields.append((b"age", b"%d" % result.age_s))
    if result.cache:
        fields.append((b"x-cache", result.cache.name.encode()))
        fields.append((b"cache-status", _STATUS[result.cache]))
    return tuple(fields)


def _is_limited(control: CacheControl) -> bool:
    """Return whether caches know when to validate the response."""
    return control.states_lifetime or control.no_cache


def _cache_control(result: ExecutionResult, *, storable: bool) -> bytes:
    control = result.cache_control
    if not storable:
        return replace(control, no_store=True).field_value()
    if not control.states_lifetime:
        return replace(control, no_cache=True).field_value()
    return control.before(result.age_s).field_value()
