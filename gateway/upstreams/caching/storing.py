"""Whether an answer may be stored, and for how long it is fresh (RFC 9111 section 3).

Stricter than the RFC, as a shared cache may be: nothing without explicit freshness
(the upstream's, or the policy's TTL), nothing that sets a cookie, nothing for a request
with credentials unless it is public or of a partition. An answer to a safe POST is
stored only as the 200 of JSON without "errors".
"""

from typing import Final, TypeAlias, cast

import orjson

from gateway.headers import Headers, end_to_end, header, header_values
from gateway.upstreams.caching.dates import http_date, http_date_s
from gateway.upstreams.caching.directives import (
    MAX_SECONDS,
    Directives,
    cache_control,
    seconds,
)
from gateway.upstreams.caching.exchange import Exchange, has_credentials
from gateway.upstreams.caching.stored import StoredResponse, select
from gateway.upstreams.caching.tags import tags_of, tokens
from gateway.upstreams.policy import CachePolicy

Refusal: TypeAlias = str
"""Why an answer is not stored: a short fixed phrase."""

_UNDERSTOOD: Final = frozenset(
    {200, 203, 204, 300, 301, 302, 303, 307, 308, 400, 403, 404, 405, 410, 414}
)
_INCOMPLETE: Final = frozenset({206, 304})
_FINAL: Final = 200
_SERVER_ERROR: Final = 500
_NOT_STORED: Final = frozenset({b"proxy-authentication-info"})
_FORBIDS_STALE: Final = ("must-revalidate", "proxy-revalidate", "s-maxage", "no-cache")
_OK: Final = 200


def store_or_refuse(
    exchange: Exchange, policy: CachePolicy
) -> StoredResponse | Refusal:
    """Return what to keep of an exchange, or why nothing."""
    directives = cache_control(exchange.response.headers)
    refusal = _refusal(exchange, directives)
    if refusal:
        return refusal
    lifetime_s = _lifetime_s(exchange, directives, policy)
    if lifetime_s is None:
        return "no explicit freshness"
    if lifetime_s <= 0 and not _has_validator(exchange):
        return "stale from the start"
    return _stored(exchange, directives, policy, lifetime_s)


def _refusal(exchange: Exchange, directives: Directives) -> Refusal:
    request, response = exchange.request, exchange.response
    checks = (
        (not _is_storable(response.status, directives), "status"),
        ("no-store" in directives, "no-store"),
        ("no-store" in cache_control(exchange.headers), "no-store in the request"),
        ("private" in directives, "private"),
        (header(response.headers, b"set-cookie") is not None, "Set-Cookie"),
        (b"*" in _vary(exchange), "Vary: *"),
        (_is_personal(exchange, directives), "credentials without public"),
        (request.method != "GET" and not _is_clean_json(exchange), "errors"),
    )
    return next((reason for applies, reason in checks if applies), "")


def _is_storable(status: int, directives: Directives) -> bool:
    """Say whether answers of `status` are kept, given explicit freshness.

    What a failing service says of its freshness is not believed: RFC 9111 would.
    """
    if status not in _UNDERSTOOD and "must-understand" in directives:
        return False
    return _FINAL <= status < _SERVER_ERROR and status not in _INCOMPLETE


def _is_personal(exchange: Exchange, directives: Directives) -> bool:
    shared = "public" in directives or bool(exchange.request.partition)
    return not shared and has_credentials(exchange.headers)


def _is_clean_json(exchange: Exchange) -> bool:
    if exchange.response.status != _OK:
        return False
    if b'"errors"' not in exchange.response.body:
        return True
    try:
        answer: object = orjson.loads(exchange.response.body)
    except orjson.JSONDecodeError:
        return False
    if not isinstance(answer, dict):
        return True
    return not cast("dict[str, object]", answer).get("errors")  # JSON has no other keys


def _lifetime_s(
    exchange: Exchange, directives: Directives, policy: CachePolicy
) -> float | None:
    """Return the freshness lifetime (RFC 9111 section 4.2.1), None if not explicit."""
    for name in ("s-maxage", "max-age"):
        stated_s = seconds(directives, name)
        if stated_s is not None:
            return stated_s
    headers = exchange.response.headers
    expires = header(headers, b"expires")
    if expires is not None:
        # Section 5.3: an invalid date, "0" above all, is one in the past.
        date_s = http_date_s(header(headers, b"date")) or exchange.received_s
        return (http_date_s(expires) or 0.0) - date_s
    if "no-cache" in directives:
        return 0.0
    return policy.ttl_s or None if exchange.response.status == _OK else None


def _initial_age_s(exchange: Exchange) -> float:
    """Return the corrected initial age (RFC 9111 section 4.2.3)."""
    headers = exchange.response.headers
    date_s = http_date_s(header(headers, b"date"))
    apparent_s = 0.0 if date_s is None else max(0.0, exchange.received_s - date_s)
    stated = (header(headers, b"age") or b"").split(b",")[0].strip()
    stated_s = min(float(stated), MAX_SECONDS) if stated.isdigit() else 0.0
    return max(apparent_s, stated_s + exchange.received_s - exchange.sent_s)


def _stored(
    exchange: Exchange, directives: Directives, policy: CachePolicy, lifetime_s: float
) -> StoredResponse:
    response = exchange.response
    forbids_stale = any(name in directives for name in _FORBIDS_STALE)
    return StoredResponse(
        status=response.status,
        headers=_kept_headers(exchange),
        body=response.body,
        received_s=exchange.received_s,
        initial_age_s=_initial_age_s(exchange),
        lifetime_s=lifetime_s,
        public="public" in directives,
        always_revalidate="no-cache" in directives,
        stale_while_revalidate_s=0.0
        if forbids_stale
        else _stated_or(directives, "stale-while-revalidate", policy),
        stale_if_error_s=0.0
        if forbids_stale
        else _stated_or(directives, "stale-if-error", policy),
        fallback_stale_s=0.0 if forbids_stale else policy.fallback_stale_s,
        selection=select(exchange.headers, _vary(exchange)),
        tags=tags_of(response.headers),
    )


def _kept_headers(exchange: Exchange) -> Headers:
    """Return the fields that a cache stores (section 3.1), with a Date in any case."""
    headers = tuple(
        line
        for line in end_to_end(exchange.response.headers)
        if line[0] not in _NOT_STORED
    )
    if header(headers, b"date") is not None:
        return headers
    return (*headers, (b"date", http_date(exchange.received_s)))


def _stated_or(directives: Directives, name: str, policy: CachePolicy) -> float:
    """Return what the upstream allows (RFC 5861), or else what the policy does."""
    stated_s = seconds(directives, name)
    if stated_s is not None:
        return stated_s
    if name == "stale-if-error":
        return policy.stale_if_error_s
    return policy.stale_while_revalidate_s


def _has_validator(exchange: Exchange) -> bool:
    headers = exchange.response.headers
    return exchange.request.method == "GET" and (
        header(headers, b"etag") is not None
        or header(headers, b"last-modified") is not None
    )


def _vary(exchange: Exchange) -> tuple[bytes, ...]:
    return tokens(header_values(exchange.response.headers, b"vary"), b",")
