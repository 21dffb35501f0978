"""The storage of responses, and their freshness (RFC 9111 §3).

The rules are stricter than the RFC. A response is not stored without explicit freshness
(from the upstream or the policy's TTL), or if it sets a cookie. A response to a request
with credentials is not stored unless it is public or belongs to a partition. A response
to a safe POST is only stored if it has status 200 and is JSON without "errors".
"""

from typing import Final, TypeAlias
from urllib.parse import urlsplit

import orjson

from weir.gateway.cache_control import (
    CacheControl,
    Scope,
    read_cache_control,
    read_request_cache_control,
)
from weir.gateway.headers import Headers, end_to_end, header, list_members
from weir.gateway.http_time import MAX_DELTA_S, age_s, http_date, http_date_s
from weir.gateway.json_types import is_object
from weir.gateway.transport.errors import UpstreamReplyTooLarge
from weir.gateway.transport.json_reply import decode_reply
from weir.gateway.upstreams.middleware.cache.exchange import Exchange, has_credentials
from weir.gateway.upstreams.middleware.cache.stored import StoredResponse, select
from weir.gateway.upstreams.middleware.cache.tags import tags_of
from weir.gateway.upstreams.model.policy import CachePolicy

NotStoredReason: TypeAlias = str
"""The reason for which a response is not stored: a short fixed phrase."""

_UNDERSTOOD: Final = frozenset(
    {200, 203, 204, 300, 301, 302, 303, 307, 308, 400, 403, 404, 405, 410, 414}
)
_INCOMPLETE: Final = frozenset({206, 304})
_FINAL: Final = 200
_SERVER_ERROR: Final = 500
_NOT_STORED: Final = frozenset({b"proxy-authentication-info"})
_OK: Final = 200
_REFERENCES: Final = frozenset({b"location", b"content-location"})


def stored_or_reason(
    exchange: Exchange, policy: CachePolicy
) -> StoredResponse | NotStoredReason:
    """Return the response to store, or the reason not to store it."""
    control = read_cache_control(exchange.response.headers)
    reason = _reason_not_to_store(exchange, control)
    if reason:
        return reason
    lifetime_s = _lifetime_s(exchange, control, policy)
    if lifetime_s is None:
        return "no explicit freshness"
    if lifetime_s <= 0 and not _has_validator(exchange):
        return "stale from the start"
    if exchange.request.method != "GET" and not _is_clean_json(exchange):
        return "errors"
    return _stored(exchange, control, policy, lifetime_s)


def _reason_not_to_store(exchange: Exchange, control: CacheControl) -> NotStoredReason:
    response = exchange.response
    wanted = read_request_cache_control(exchange.headers)
    checks = (
        (not _is_storable(response.status, control), "status"),
        (control.no_store, "no-store"),
        (wanted.no_store, "no-store in the request"),
        (control.scope is Scope.PRIVATE, "private"),
        (header(response.headers, b"set-cookie") is not None, "Set-Cookie"),
        (b"*" in _vary(exchange), "Vary: *"),
        (_is_personal(exchange, control), "credentials without public"),
        (_names_instance(exchange), "a Location at the instance"),
    )
    return next((reason for applies, reason in checks if applies), "")


def _is_storable(status: int, control: CacheControl) -> bool:
    """Return whether responses of `status` may be stored, given explicit freshness.

    This is stricter than RFC 9111: a server error is never stored.
    """
    if status not in _UNDERSTOOD and control.must_understand:
        return False
    return _FINAL <= status < _SERVER_ERROR and status not in _INCOMPLETE


def _is_personal(exchange: Exchange, control: CacheControl) -> bool:
    shared = control.scope is Scope.PUBLIC or bool(exchange.request.partition)
    return not shared and has_credentials(exchange.headers)


def _names_instance(exchange: Exchange) -> bool:
    """Return whether a plain route has to rewrite a URL at the instance.

    The instance of a stored response is not known.
    """
    response = exchange.response
    if not exchange.request.of_client:
        return False
    instance = urlsplit(response.instance).netloc.lower().encode()
    return any(
        b"//" + instance in value.lower()
        for name, value in response.headers
        if name in _REFERENCES
    )


def _is_clean_json(exchange: Exchange) -> bool:
    """Return whether a response is JSON without errors; reads all of it if in doubt."""
    if exchange.response.status != _OK:
        return False
    if b'"errors"' not in exchange.response.body:
        return True
    try:
        decoded = decode_reply(exchange.response.body)
    except (orjson.JSONDecodeError, UpstreamReplyTooLarge):
        return False
    return not is_object(decoded) or not decoded.get("errors")


def _lifetime_s(
    exchange: Exchange, control: CacheControl, policy: CachePolicy
) -> float | None:
    """Return the freshness lifetime (RFC 9111 §4.2.1), None if not explicit."""
    if control.shared_max_age_s is not None:
        return control.shared_max_age_s
    headers = exchange.response.headers
    expires = header(headers, b"expires")
    if expires is not None:
        # §5.3: an invalid date, such as "0", is in the past.
        date_s = http_date_s(header(headers, b"date")) or exchange.received_epoch_s
        stated_s = (http_date_s(expires) or 0.0) - date_s
        return max(-MAX_DELTA_S, min(stated_s, MAX_DELTA_S))
    if control.no_cache:
        return 0.0
    if exchange.response.status != _OK or not policy.ttl_s:
        return None
    return min(policy.ttl_s, MAX_DELTA_S)


def _initial_age_s(exchange: Exchange) -> float:
    """Return the corrected initial age (RFC 9111 §4.2.3)."""
    headers = exchange.response.headers
    received_s = exchange.received_epoch_s
    date_s = http_date_s(header(headers, b"date"))
    apparent_s = 0.0 if date_s is None else max(0.0, received_s - date_s)
    stated_s = age_s(headers) + exchange.received_s - exchange.sent_s
    return min(max(apparent_s, stated_s), MAX_DELTA_S)


def _stored(
    exchange: Exchange, control: CacheControl, policy: CachePolicy, lifetime_s: float
) -> StoredResponse:
    response = exchange.response
    if control.must_revalidate or control.proxy_revalidate or control.no_cache:
        while_revalidate_s = if_error_s = fallback_s = 0.0
    else:
        while_revalidate_s = _stated_or(
            control.stale_while_revalidate_s, policy.stale_while_revalidate_s
        )
        if_error_s = _stated_or(control.stale_if_error_s, policy.stale_if_error_s)
        fallback_s = min(policy.fallback_stale_s, MAX_DELTA_S)
    return StoredResponse(
        status=response.status,
        headers=_stored_headers(exchange),
        body=response.body,
        received_s=exchange.received_s,
        received_epoch_s=exchange.received_epoch_s,
        initial_age_s=_initial_age_s(exchange),
        lifetime_s=lifetime_s,
        public=control.scope is Scope.PUBLIC,
        always_revalidate=control.no_cache,
        stale_while_revalidate_s=while_revalidate_s,
        stale_if_error_s=if_error_s,
        fallback_stale_s=fallback_s,
        selection=select(exchange.headers, _vary(exchange)),
        tags=tags_of(response.headers),
    )


def _stored_headers(exchange: Exchange) -> Headers:
    """Return the fields that a cache stores (§3.1), always with a Date."""
    headers = tuple(
        line
        for line in end_to_end(exchange.response.headers)
        if line[0] not in _NOT_STORED
    )
    if header(headers, b"date") is not None:
        return headers
    return (*headers, (b"date", http_date(exchange.received_epoch_s)))


def _stated_or(stated_s: int | None, policy_s: float) -> float:
    """Return the window of the response (RFC 5861), or else that of the policy."""
    return min(policy_s, MAX_DELTA_S) if stated_s is None else stated_s


def _has_validator(exchange: Exchange) -> bool:
    headers = exchange.response.headers
    return exchange.request.method == "GET" and (
        header(headers, b"etag") is not None
        or header(headers, b"last-modified") is not None
    )


def _vary(exchange: Exchange) -> tuple[bytes, ...]:
    return list_members(exchange.response.headers, b"vary")
