"""What an answer says of itself: how old, how fresh, what it depends on.

Answers of services say it in HTTP header fields; answers made of several of them
merge it. The whole is as old as its oldest part, and stale as soon as one part is. A
part of which nobody said how long it may be reused makes the whole one of that kind.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from gateway.headers import Headers, header, header_values


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How long a reply may be reused, in seconds; None where nobody said so."""

    max_age_s: float | None = None
    private: bool = False
    no_store: bool = False


class CacheUse(IntEnum):
    """What our cache had to do with an answer, from the best to the worst for a client.

    A stale answer and a fallback are older or thinner than what was asked for.
    """

    NONE = 0
    HIT = 1
    REVALIDATED = 2
    MISS = 3
    STALE = 4
    FALLBACK = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where an answer comes from, as far as caches and clients care.

    `vary` are lower-case names of header fields.
    """

    freshness: Freshness = field(default_factory=Freshness)
    vary: tuple[str, ...] = ()
    age_s: float = 0.0
    cache: CacheUse = CacheUse.NONE


_TELLING = frozenset({b"cache-control", b"vary", b"age", b"x-cache", b"cache-status"})
_CACHE_USES = {use.name.encode(): use for use in CacheUse} | {b"BYPASS": CacheUse.MISS}
_NOTHING = Provenance()


def read_provenance(headers: Headers) -> Provenance:
    """Read the header fields of an answer; what is not understood says nothing."""
    told = tuple([line for line in headers if line[0] in _TELLING])
    if not told:
        return _NOTHING
    return Provenance(
        freshness=_freshness(dict(_cache_control(told))),
        vary=tuple(sorted(set(_tokens(told, b"vary")))),
        age_s=_seconds(_text(header(told, b"age"))) or 0.0,
        cache=_cache_use(told),
    )


def merged(parts: Iterable[Provenance]) -> Provenance:
    """Return the provenance of what is made of `parts`; nothing is known of nothing."""
    parts = tuple(parts)
    if all(part is _NOTHING for part in parts):
        return _NOTHING
    return Provenance(
        freshness=Freshness(
            max_age_s=_lifetime_s(parts),
            private=any(part.freshness.private for part in parts),
            no_store=any(part.freshness.no_store for part in parts),
        ),
        vary=tuple(sorted({name for part in parts for name in part.vary})),
        age_s=max((part.age_s for part in parts), default=0.0),
        cache=_worst(part.cache for part in parts),
    )


def _cache_use(headers: Headers) -> CacheUse:
    """Read X-Cache; ours stands after the service's, and with a Cache-Status."""
    told = header_values(headers, b"x-cache")
    status = header_values(headers, b"cache-status")
    if not told or not status or status[-1].partition(b";")[0] != b"weir":
        return CacheUse.NONE
    return _CACHE_USES.get(told[-1], CacheUse.NONE)


def _worst(uses: Iterable[CacheUse]) -> CacheUse:
    """Return what tells of the whole: what was not cached at all was asked for, too."""
    uses = set(uses)
    worst = max(uses, default=CacheUse.NONE)
    return max(worst, CacheUse.MISS) if worst and CacheUse.NONE in uses else worst


def _lifetime_s(parts: tuple[Provenance, ...]) -> float | None:
    """Return the lifetime of the whole, counted as its age is.

    RFC 9111 section 4.2: a response is fresh while its age is below its lifetime. So
    what a part has left is its lifetime less its age, and the whole has the least of
    that left when it is as old as its oldest part.
    """
    left: list[float] = []
    for part in parts:
        if part.freshness.max_age_s is None:
            return None
        left.append(max(0.0, part.freshness.max_age_s - part.age_s))
    return min(left) + max(part.age_s for part in parts) if left else None


def _freshness(directives: dict[str, str]) -> Freshness:
    """Read Cache-Control; a shared cache prefers s-maxage (RFC 9111 section 5.2)."""
    max_age_s = _seconds(directives.get("s-maxage", directives.get("max-age", "")))
    return Freshness(
        max_age_s=0.0 if "no-cache" in directives else max_age_s,
        private="private" in directives,
        no_store="no-store" in directives,
    )


def _cache_control(headers: Headers) -> Iterator[tuple[str, str]]:
    for token in _tokens(headers, b"cache-control"):
        name, _, value = token.partition("=")
        yield name.strip(), value.strip().strip('"')


def _tokens(headers: Headers, name: bytes) -> Iterator[str]:
    for line in header_values(headers, name):
        for token in _text(line).split(","):
            if token.strip():
                yield token.strip().lower()


def _text(value: bytes | None) -> str:
    return (value or b"").decode("latin-1").strip()


def _seconds(text: str) -> float | None:
    """Read delta-seconds (RFC 9111 section 1.2.2); anything else is not said."""
    return float(text) if text.isascii() and text.isdigit() else None
