"""The provenance of a response: its age, and its directives for caches.

Services declare it in header fields. A response that is made of several others only
allows what all of them allow: `combine` is the meet of two. A part without these fields
is `UNKNOWN`.
"""

from collections.abc import Collection, Iterable, Sequence
from enum import IntEnum
from functools import reduce
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from weir.gateway.cache_control import (
    NO_STATEMENT,
    CacheControl,
    Scope,
    read_cache_control,
)
from weir.gateway.context import RequestContext
from weir.gateway.headers import Headers, header_values, list_members
from weir.gateway.http_time import age_s
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.model.call_key import CREDENTIALS, names_caller


class CacheUse(IntEnum):
    """The use of Weir's cache for a response, from the best for a client to the worst.

    A stale response or a fallback is older or less complete than a fresh response.
    """

    NONE = 0
    HIT = 1
    REVALIDATED = 2
    MISS = 3
    STALE = 4
    FALLBACK = 5


class Provenance(Struct, frozen=True, kw_only=True):
    """The origin of a response, for caches and clients.

    The durations of `cache_control` begin now: a lifetime is the remainder at the age
    of `age_s` seconds. `vary` are lower-case names of header fields.
    """

    cache_control: CacheControl = NO_STATEMENT
    vary: tuple[str, ...] = ()
    age_s: int = 0
    cache: CacheUse = CacheUse.NONE

    def combine(self, other: "Provenance") -> "Provenance":
        """Return the provenance of a response made of both: the meet of the two."""
        if self is other:
            return self
        return Provenance(
            cache_control=self.cache_control.combine(other.cache_control),
            vary=tuple(sorted({*self.vary, *other.vary})),
            age_s=max(self.age_s, other.age_s),
            cache=_worse(self.cache, other.cache),
        )


UNKNOWN: Final = Provenance()
_PERSONAL: Final = Provenance(
    cache_control=CacheControl(scope=Scope.PRIVATE), vary=("authorization",)
)
"""That of a caller's own rights. A browser may have had another caller before."""

FAILED: Final = Provenance(cache_control=CacheControl(no_store=True))
"""The provenance of a failed call: its replacement must not be stored."""

_RELEVANT: Final = frozenset(
    {b"cache-control", b"vary", b"age", b"x-cache", b"cache-status", b"set-cookie"}
)
_CACHE_USES = {use.name.encode(): use for use in CacheUse} | {b"BYPASS": CacheUse.MISS}


def combined(parts: Iterable[Provenance]) -> Provenance:
    """Return the provenance of a response made of `parts`; `UNKNOWN` without parts."""
    parts = tuple(parts)
    return reduce(Provenance.combine, parts) if parts else UNKNOWN


def read_provenance(headers: Headers) -> Provenance:
    """Return the provenance that the header fields of a response declare."""
    if _RELEVANT.isdisjoint(dict(headers)):
        return UNKNOWN
    relevant = tuple(line for line in headers if line[0] in _RELEVANT)
    age = age_s(relevant)
    control = read_cache_control(relevant)
    # A cookie is for one client, and services rarely mark the body as private.
    if header_values(relevant, b"set-cookie"):
        control = replace(control, scope=Scope.PRIVATE)
    return Provenance(
        cache_control=control.after(age) if age else control,
        vary=_vary(relevant),
        age_s=age,
        cache=_cache_use(relevant),
    )


def provenance_of_call(
    response: UpstreamResponse, request: UpstreamRequest, context: RequestContext
) -> Provenance:
    """Return the provenance of a response to a request that may identify the caller.

    If the request has the caller's own header fields, the response is private, unless
    it is `public` or has the fields in Vary.
    """
    found = read_provenance(response.headers)
    if found.cache_control.scope is not Scope.UNSTATED:
        return found
    declared = _declared(found) if found.vary else ()
    forwarded = context.forwarded + response.of_client
    personal = names_caller(request.partition, request.headers, forwarded, declared)
    return _limited(found, Scope.PRIVATE) if personal else found


def provenance_of_resolvers(
    parts: Iterable[Provenance],
    context: RequestContext,
    forwarded: Collection[bytes] = (),
) -> Provenance:
    """Return the provenance of data that resolvers in this process made of `parts`.

    Resolvers can use the caller's identity, and their use cannot be detected. So their
    results are not public, and they are private if the request identifies its caller:
    by an identity, by credentials, or by a field that is `forwarded` to a service.
    """
    found = combined(parts)
    sent = context.client_headers
    named = tuple((name, sent[name]) for name in forwarded if name in sent)
    personal = not CREDENTIALS.isdisjoint(sent) or names_caller(
        context.cache_partition,
        (),
        context.forwarded + named,
        _declared(found),
    )
    return _limited(found, Scope.PRIVATE if personal else Scope.UNSTATED)


def provenance_of_operation(
    parts: Sequence[Provenance], context: RequestContext, *, is_restricted: bool = False
) -> Provenance:
    """Return the provenance of the response to a client's request.

    If the operation `is_restricted`, not every caller gets this response. So it is
    private, even if services declare it as public.

    RFC 9111 §3.5: with `must-revalidate` or `s-maxage` a shared cache may store a
    response to a request with Authorization. The directive of one part does not hold
    for the others, so such a response is private unless all parts are public.
    """
    found = parts[0] if len(parts) == 1 else combined(parts)
    if is_restricted:
        return _PERSONAL if found is UNKNOWN else _personal(found)
    unstated = found.cache_control.scope is Scope.UNSTATED
    authorized = unstated and b"authorization" in context.client_headers
    return _limited(found, Scope.PRIVATE) if authorized else found


def _personal(found: Provenance) -> Provenance:
    vary = (*_PERSONAL.vary, *found.vary)
    return replace(_limited(found, Scope.PRIVATE), vary=tuple(sorted({*vary})))


def _declared(found: Provenance) -> tuple[bytes, ...]:
    return tuple(name.encode("latin-1") for name in found.vary)


def _limited(found: Provenance, scope: Scope) -> Provenance:
    control = found.cache_control
    limited = replace(control, scope=min(control.scope, scope))
    return replace(found, cache_control=limited)


def _vary(headers: Headers) -> tuple[str, ...]:
    names = set(list_members(headers, b"vary"))
    return tuple(sorted(name.decode("latin-1") for name in names))


def _cache_use(headers: Headers) -> CacheUse:
    """Parse X-Cache; Weir's is after the service's, and comes with a Cache-Status."""
    stated = header_values(headers, b"x-cache")
    status = header_values(headers, b"cache-status")
    if not stated or not status or status[-1].partition(b";")[0] != b"weir":
        return CacheUse.NONE
    return _CACHE_USES.get(stated[-1], CacheUse.NONE)


def _worse(one: CacheUse, other: CacheUse) -> CacheUse:
    """Return the worse use; beside a cached response, no use of the cache is a miss."""
    if one is not other and CacheUse.NONE in {one, other}:
        return max(one, other, CacheUse.MISS)
    return max(one, other)
