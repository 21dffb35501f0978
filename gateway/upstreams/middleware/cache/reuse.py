"""The reuse of stored responses for requests (RFC 9111 §4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from msgspec.structs import replace

from weir.gateway.cache_control import read_request_cache_control
from weir.gateway.headers import Headers, header
from weir.gateway.upstreams.middleware.cache.exchange import Exchange
from weir.gateway.upstreams.middleware.cache.preconditions import is_same_tag
from weir.gateway.upstreams.middleware.cache.stored import (
    StoredResponse,
    names_of,
    select,
)

# Content-Length by §3.2. The others describe a coding that is removed already.
_NOT_FRESHENED: Final = frozenset(
    {b"content-length", b"content-encoding", b"content-range"}
)
_OF_ONE_RESPONSE: Final = frozenset({b"age", b"date"})


class Use(Enum):
    """The use of a stored response; the values are those of RFC 9211, if any."""

    FRESH = "hit"
    STALE = "stale"
    REVALIDATE = "revalidate"


@dataclass(frozen=True, slots=True)
class ReuseDecision:
    """The permitted use of a stored response, with the reason if it is not fresh."""

    use: Use
    reason: str = ""


def find_selected(
    variants: Sequence[StoredResponse], request_headers: Headers
) -> StoredResponse | None:
    """Return the newest response whose Vary fields match the request's (§4.1).

    `variants` are those of the request's keys, for each key in order of arrival.
    """
    matching = [
        variant
        for variant in reversed(variants)
        if select(request_headers, names_of(variant.selection)) == variant.selection
    ]
    return max(matching, key=lambda each: each.received_s, default=None)


def decide_reuse(
    stored: StoredResponse, request_headers: Headers, now_s: float
) -> ReuseDecision:
    """Return the permitted use of `stored` for a request at `now_s`, monotonic."""
    wanted = read_request_cache_control(request_headers)
    if stored.always_revalidate:
        return ReuseDecision(Use.REVALIDATE, "no-cache")
    if wanted.no_cache:
        return ReuseDecision(Use.REVALIDATE, "no-cache in the request")
    if wanted.max_age_s is not None and stored.age_s(now_s) > wanted.max_age_s:
        return ReuseDecision(Use.REVALIDATE, "older than the request allows")
    left_s = stored.fresh_for_s(now_s)
    if left_s > (wanted.min_fresh_s or 0):
        return ReuseDecision(Use.FRESH)
    if -left_s < stored.stale_while_revalidate_s and wanted.min_fresh_s is None:
        return ReuseDecision(Use.STALE, "stale-while-revalidate")
    return ReuseDecision(Use.REVALIDATE, "stale")


def may_serve_on_error(stored: StoredResponse, now_s: float) -> bool:
    """Return whether `stored` may replace a failed response (RFC 5861)."""
    return -stored.fresh_for_s(now_s) < stored.stale_if_error_s


def may_fall_back_on(stored: StoredResponse, stale_s: float, now_s: float) -> bool:
    """Return whether `stored` satisfies a fallback that accepts `stale_s` of staleness.

    RFC 9111 §4.2.4 allows a configuration for that, but not if the response forbids it.
    """
    return -stored.fresh_for_s(now_s) < min(stale_s, stored.fallback_stale_s)


def conditions(stored: StoredResponse) -> Headers:
    """Return the fields that make a request for `stored` conditional."""
    etag = header(stored.headers, b"etag")
    if etag is not None:
        return ((b"if-none-match", etag),)
    modified = header(stored.headers, b"last-modified")
    return () if modified is None else ((b"if-modified-since", modified),)


def is_about(stored: StoredResponse, not_modified: Headers) -> bool:
    """Return whether the validators of a 304 are those of `stored` (§4.3.4).

    A 304 without validators is about the stored response of the request.
    """
    for name in (b"etag", b"last-modified"):
        theirs = header(not_modified, name)
        if theirs is not None:
            return is_same_tag(theirs, header(stored.headers, name) or b"")
    return True


def freshened(stored: StoredResponse, exchange: Exchange) -> Exchange:
    """Return an exchange with `stored`, updated by the fields of its 304 (§3.2)."""
    newer = [
        line for line in exchange.response.headers if line[0] not in _NOT_FRESHENED
    ]
    replaced = _OF_ONE_RESPONSE.union([name for name, _ in newer])
    headers = tuple(line for line in stored.headers if line[0] not in replaced)
    response = replace(
        exchange.response,
        status=stored.status,
        headers=headers + tuple(newer),
        body=stored.body,
    )
    return replace(exchange, response=response)


def only_if_cached(request_headers: Headers) -> bool:
    """Return whether the request forbids a call (RFC 9111 §5.2.1.7)."""
    return read_request_cache_control(request_headers).only_if_cached
