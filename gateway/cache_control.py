"""Cache-Control (RFC 9111 §5.2), read and written in one place.

The reader is lenient where a sender is careless. Any separator counts as a comma, so
that `max-age=60; private` is private. A number that is not delta-seconds counts as 0
(§4.2.1). Of two values of one directive the stricter counts. The qualified forms
`private="field"` and `no-cache="field"` count as the unqualified ones, as section
5.2.2.4 expects of many caches.

The permissions of a response are a value, and values have a meet: `combine` returns the
permissions of a response that is made of two others. It is as strict as the stricter of
them in each directive. A lifetime that is not stated is the strictest, because such a
part may become invalid at any time.
"""

from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache
from re import DOTALL, VERBOSE
from re import compile as compile_pattern
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from weir.gateway.headers import Headers, header_values
from weir.gateway.http_time import MAX_DELTA_S, delta_seconds

# The quantifiers are possessive, and a quote after "=" that nothing closes can only be
# the last one: each byte is read at most twice.
_DIRECTIVE: Final = compile_pattern(
    rb"""
    ( [!#$%&'*+.^_`|~0-9A-Za-z-]++ )
    (?: = (?: "( (?: [^"\\]++ | \\. )*+ )" | ( [^\s,;"]*+ ) ) )?+
    """,
    VERBOSE | DOTALL,
)


_USUAL_BYTES: Final = 128
_KNOWN_VALUES: Final = 256


class Scope(IntEnum):
    """The caches that may store a response, from the strictest.

    `UNSTATED` is any cache, except that a shared one stores no response to a request
    with Authorization (RFC 9111 §3.5).
    """

    PRIVATE = 0
    UNSTATED = 1
    PUBLIC = 2


class CacheControl(Struct, frozen=True, kw_only=True):
    """The permissions of a response for caches; durations in seconds, None if absent.

    `shared_max_age_s` is the lifetime in shared caches: `s-maxage`, or else `max-age`.
    `no_store` includes `must-understand, no-store`, which allows a few caches to store
    a response, and `proxy_revalidate` is implied by `s-maxage`.
    """

    scope: Scope = Scope.UNSTATED
    max_age_s: int | None = None
    shared_max_age_s: int | None = None
    stale_while_revalidate_s: int | None = None
    stale_if_error_s: int | None = None
    no_store: bool = False
    no_cache: bool = False
    must_revalidate: bool = False
    proxy_revalidate: bool = False
    must_understand: bool = False
    no_transform: bool = False
    immutable: bool = False

    @property
    def states_lifetime(self) -> bool:
        """Whether the response states how long caches may reuse it."""
        return self.shared_max_age_s is not None

    @property
    def _has_s_maxage(self) -> bool:
        is_shared = self.scope is not Scope.PRIVATE
        return is_shared and self.shared_max_age_s != self.max_age_s

    def combine(self, other: "CacheControl") -> "CacheControl":
        """Return what a response made of two others allows: the meet of the two."""
        no_store = self.no_store or other.no_store
        return CacheControl(
            scope=min(self.scope, other.scope),
            max_age_s=_shorter_lifetime(self.max_age_s, other.max_age_s),
            shared_max_age_s=_shorter_lifetime(
                self.shared_max_age_s, other.shared_max_age_s
            ),
            stale_while_revalidate_s=_shorter_window(
                self.stale_while_revalidate_s, other.stale_while_revalidate_s
            ),
            stale_if_error_s=_shorter_window(
                self.stale_if_error_s, other.stale_if_error_s
            ),
            no_store=no_store,
            no_cache=self.no_cache or other.no_cache,
            must_revalidate=self.must_revalidate or other.must_revalidate,
            proxy_revalidate=self.proxy_revalidate or other.proxy_revalidate,
            must_understand=not no_store
            and (self.must_understand or other.must_understand),
            no_transform=self.no_transform or other.no_transform,
            immutable=self.immutable and other.immutable,
        )

    def within(self, policy: "CacheControl") -> "CacheControl":
        """Return this, limited by `policy`, which also states what this leaves open."""
        return replace(
            self,
            scope=Scope.PRIVATE if policy.scope is Scope.PRIVATE else self.scope,
            max_age_s=_least_stated(self.max_age_s, policy.max_age_s),
            shared_max_age_s=_least_stated(
                self.shared_max_age_s, policy.shared_max_age_s
            ),
            stale_while_revalidate_s=_least_stated(
                self.stale_while_revalidate_s, policy.stale_while_revalidate_s
            ),
            stale_if_error_s=_least_stated(
                self.stale_if_error_s, policy.stale_if_error_s
            ),
            no_store=self.no_store or policy.no_store,
            no_cache=self.no_cache or policy.no_cache,
            must_revalidate=self.must_revalidate or policy.must_revalidate,
            proxy_revalidate=self.proxy_revalidate or policy.proxy_revalidate,
        )

    def after(self, age_s: int) -> "CacheControl":
        """Return what is left of the durations when the response is `age_s` old."""
        lifetimes_s = (self.max_age_s or 0, self.shared_max_age_s or 0)
        stale_s = max(0, age_s - min(lifetimes_s))
        return replace(
            self,
            max_age_s=_less(self.max_age_s, age_s),
            shared_max_age_s=_less(self.shared_max_age_s, age_s),
            stale_while_revalidate_s=_less(self.stale_while_revalidate_s, stale_s),
            stale_if_error_s=_less(self.stale_if_error_s, stale_s),
        )

    def before(self, age_s: int) -> "CacheControl":
        """Return this as a response states it that is `age_s` old already."""
        return replace(
            self,
            max_age_s=_more(self.max_age_s, age_s),
            shared_max_age_s=_more(self.shared_max_age_s, age_s),
        )

    def field_value(self) -> bytes:
        """Return the value of a Cache-Control field; empty if there is no directive."""
        if self.no_store:
            return b"no-store, no-transform" if self.no_transform else b"no-store"
        return b", ".join(name for name, applies in self._directives() if applies)

    def _directives(self) -> Iterable[tuple[bytes, bool]]:
        max_age_s, shared_s = self.max_age_s, self.shared_max_age_s
        # A private cache must not guess where only shared ones are given a lifetime.
        max_age_s = 0 if max_age_s is None and shared_s is not None else max_age_s
        return (
            (b"public", self.scope is Scope.PUBLIC),
            (b"private", self.scope is Scope.PRIVATE),
            (b"no-cache", self.no_cache),
            (b"max-age=%d" % (max_age_s or 0), max_age_s is not None),
            (b"s-maxage=%d" % (shared_s or 0), self._has_s_maxage),
            (b"must-revalidate", self.must_revalidate),
            (b"proxy-revalidate", self.proxy_revalidate),
            (b"must-understand", self.must_understand),
            (b"no-transform", self.no_transform),
            (b"immutable", self.immutable),
            *self._windows(),
        )

    def _windows(self) -> Iterable[tuple[bytes, bool]]:
        # §4.2.4: neither of the two allows the use of a stale response.
        if self.no_cache or self.must_revalidate:
            return ()
        return (
            *_window(b"stale-while-revalidate", self.stale_while_revalidate_s),
            *_window(b"stale-if-error", self.stale_if_error_s),
        )


class RequestCacheControl(Struct, frozen=True, kw_only=True):
    """The directives of a request (RFC 9111 §5.2.1); durations in seconds."""

    no_store: bool = False
    no_cache: bool = False
    only_if_cached: bool = False
    max_age_s: int | None = None
    min_fresh_s: int | None = None


NO_STATEMENT: Final = CacheControl()
"""The permissions of a response without Cache-Control."""

_NO_WISH: Final = RequestCacheControl()


def read_cache_control(headers: Headers) -> CacheControl:
    """Return what a response with these fields allows; never raises."""
    values = header_values(headers, b"cache-control")
    if not values:
        return NO_STATEMENT
    if sum(map(len, values)) > _USUAL_BYTES:
        return _read(values)
    return _read_usual(values)


def _read(values: tuple[bytes, ...]) -> CacheControl:
    stated = _arguments(values)
    no_store = b"no-store" in stated
    max_age_s = _least(stated, b"max-age")
    shared_s = _least(stated, b"s-maxage")
    return CacheControl(
        scope=_scope(stated),
        max_age_s=max_age_s,
        shared_max_age_s=max_age_s if shared_s is None else shared_s,
        stale_while_revalidate_s=_least(stated, b"stale-while-revalidate"),
        stale_if_error_s=_least(stated, b"stale-if-error"),
        no_store=no_store,
        no_cache=b"no-cache" in stated,
        must_revalidate=b"must-revalidate" in stated,
        proxy_revalidate=b"proxy-revalidate" in stated or shared_s is not None,
        must_understand=b"must-understand" in stated and not no_store,
        no_transform=b"no-transform" in stated,
        immutable=b"immutable" in stated,
    )


_read_usual = lru_cache(maxsize=_KNOWN_VALUES)(_read)
"""Services have few values, and send them with every response."""


def read_request_cache_control(headers: Headers) -> RequestCacheControl:
    """Return what a request with these fields wants; never raises."""
    values = header_values(headers, b"cache-control")
    if not values:
        return _NO_WISH
    stated = _arguments(values)
    min_fresh = [delta_seconds(each) or 0 for each in stated.get(b"min-fresh", ())]
    return RequestCacheControl(
        no_store=b"no-store" in stated,
        no_cache=b"no-cache" in stated,
        only_if_cached=b"only-if-cached" in stated,
        max_age_s=_least(stated, b"max-age"),
        min_fresh_s=max(min_fresh, default=None),
    )


def _arguments(values: tuple[bytes, ...]) -> dict[bytes, list[bytes]]:
    """Return the arguments of each directive, "" for one that has no argument."""
    stated: dict[bytes, list[bytes]] = {}
    for line in values:
        for name, quoted, token in _DIRECTIVE.findall(line):
            stated.setdefault(name.lower(), []).append(quoted or token)
    return stated


def _scope(stated: dict[bytes, list[bytes]]) -> Scope:
    if b"private" in stated:
        return Scope.PRIVATE
    return Scope.PUBLIC if b"public" in stated else Scope.UNSTATED


def _least(stated: dict[bytes, list[bytes]], name: bytes) -> int | None:
    """Return the shortest of a directive's durations; an invalid number is 0."""
    values = stated.get(name)
    return None if values is None else min(delta_seconds(each) or 0 for each in values)


def _shorter_lifetime(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else min(one, other)


def _shorter_window(one: int | None, other: int | None) -> int | None:
    """Return the shorter window in which a stale response may be used.

    Without one a cache may apply a window of its own, so that one part's window and
    another's silence have only the empty window in common.
    """
    return one if one == other else min(one or 0, other or 0)


def _least_stated(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _less(duration_s: int | None, elapsed_s: int) -> int | None:
    return None if duration_s is None else max(0, duration_s - elapsed_s)


def _more(duration_s: int | None, elapsed_s: int) -> int | None:
    return None if duration_s is None else min(duration_s + elapsed_s, MAX_DELTA_S)


def _window(name: bytes, duration_s: int | None) -> tuple[tuple[bytes, bool], ...]:
    return () if duration_s is None else ((b"%b=%d" % (name, duration_s), True),)
