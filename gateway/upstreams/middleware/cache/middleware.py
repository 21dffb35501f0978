"""The response cache around calls."""

import asyncio
from contextlib import suppress
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.headers import Headers
from weir.gateway.transport.errors import UpstreamError
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.middleware.cache.exchange import Exchange
from weir.gateway.upstreams.middleware.cache.keys import CacheKeys, cache_keys
from weir.gateway.upstreams.middleware.cache.log import (
    CacheLog,
    CacheOutcome,
)
from weir.gateway.upstreams.middleware.cache.preconditions import (
    has_conditions,
    is_unmodified,
    not_modified_headers,
    without_conditions,
)
from weir.gateway.upstreams.middleware.cache.reuse import (
    Use,
    conditions,
    decide_reuse,
    find_selected,
    freshened,
    is_about,
    may_fall_back_on,
    may_serve_on_error,
    only_if_cached,
)
from weir.gateway.upstreams.middleware.cache.store import CacheStore
from weir.gateway.upstreams.middleware.cache.stored import CacheKey, StoredResponse
from weir.gateway.upstreams.middleware.cache.storing import stored_or_reason
from weir.gateway.upstreams.middleware.cache.writes import Invalidation
from weir.gateway.upstreams.middleware.fallback import FallbackOf, may_fall_back
from weir.gateway.upstreams.model.policy import CachePolicy
from weir.gateway.upstreams.model.upstream import Upstream

_NOT_MODIFIED: Final = 304
_SERVER_ERROR: Final = 500
_GATEWAY_TIMEOUT: Final = 504
_X_CACHE: Final[dict[CacheOutcome, bytes]] = {
    "hit": b"HIT",
    "miss": b"MISS",
    "stale": b"STALE",
    "revalidated": b"REVALIDATED",
    "bypass": b"BYPASS",
}


class _Lookup(Struct, frozen=True):
    """A request with its keys in the cache."""

    request: UpstreamRequest
    context: RequestContext
    keys: CacheKeys
    headers: Headers
    started_s: float
    counted: bool = True
    """Whether the outcome is recorded; not set for a background refresh."""

    def on(self, own: Headers) -> "_Lookup":
        """Return the lookup with the conditions `own` instead of the client's."""
        request, context = self.request, self.context
        if has_conditions(self.headers):
            headers = without_conditions(request.headers)
            request = replace(request, headers=headers)
            forwarded = without_conditions(context.forwarded)
            context = context.forwarding(forwarded)
        request = replace(request, headers=request.headers + own)
        return replace(self, request=request, context=context)


class Caching:
    """A shared cache in front of one upstream.

    Each response has X-Cache, Cache-Status (RFC 9211), and Age if it was stored.
    `total_s` is the timeout of a background refresh.
    """

    def __init__(
        self,
        inner: Upstream,
        policy: CachePolicy,
        *,
        upstream: str,
        total_s: float,
        fallback_of: FallbackOf,
        log: CacheLog,
        store: CacheStore,
        clock: Clock,
    ) -> None:
        self._inner = inner
        self._policy = policy
        self._upstream = upstream
        self._total_s = total_s
        self._fallback_of = fallback_of
        self._log = log
        self._store = store
        self._invalidation = Invalidation(store, upstream)
        self._clock = clock
        self._refreshing: dict[CacheKey, asyncio.Task[None]] = {}

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        if not request.safe:
            return await self._call_unsafe(request, context)
        keys = cache_keys(
            self._upstream,
            request,
            context.forwarded,
            by_all_fields=self._policy.ttl_s > 0,
        )
        if request.stored_within_s is not None:
            return await self._stored_only(request, context, keys)
        if keys is None:
            started_s = self._clock.monotonic_s()
            response = await self._inner.call(request, context)
            self._log.add(
                request,
                context,
                "bypass",
                "method or conditions",
                started_s=started_s,
            )
            return _labelled(response, "bypass", "fwd=bypass")
        headers = request.headers + context.forwarded
        lookup = _Lookup(request, context, keys, headers, self._clock.monotonic_s())
        if context.writes:
            return await self._read_in_write(lookup)
        return await self._look_up(lookup)

    async def _look_up(self, lookup: _Lookup) -> UpstreamResponse:
        keys = lookup.keys
        variants = await self._store.get(keys.exact, keys.public)
        stored = find_selected(variants, lookup.headers)
        if stored is None:
            return await self._fetch(lookup, None, "uri-miss")
        decision = decide_reuse(stored, lookup.headers, lookup.started_s)
        match decision.use:
            case Use.FRESH:
                return self._serve(lookup, stored, "hit", "")
            case Use.STALE:
                self._refresh_in_background(lookup, stored)
                return self._serve(lookup, stored, "stale", decision.reason)
            case Use.REVALIDATE:
                return await self._fetch(lookup, stored, decision.reason)

    async def _stored_only(
        self, request: UpstreamRequest, context: RequestContext, keys: CacheKeys | None
    ) -> UpstreamResponse:
        """Return a response that has expired within the time of the request, or 504.

        The service has failed, so that it is not called.
        """
        within_s, now_s = request.stored_within_s or 0.0, self._clock.monotonic_s()
        if keys is not None and not context.writes:
            headers = request.headers + context.forwarded
            lookup = _Lookup(request, context, keys, headers, now_s)
            variants = await self._store.get(keys.exact, keys.public)
            stored = find_selected(variants, headers)
            if stored and may_fall_back_on(stored, within_s, now_s):
                return self._serve(lookup, stored, "stale", "degraded")
        return UpstreamResponse(status=_GATEWAY_TIMEOUT, headers=(), body=b"")

    async def _read_in_write(self, lookup: _Lookup) -> UpstreamResponse:
        """Replace the stored response, which may be from before the write."""
        await self._store.invalidate_keys(lookup.keys.exact, lookup.keys.public)
        return await self._fetch(lookup, None, "read of a mutation")

    async def _call_unsafe(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        try:
            response = await self._inner.call(request, context)
        except (UpstreamError, asyncio.CancelledError) as error:
            await self._invalidation.failed(request, error)
            raise
        await self._invalidation.ended(request, response)
        return response

    async def _fetch(
        self, lookup: _Lookup, stored: StoredResponse | None, reason: str
    ) -> UpstreamResponse:
        if only_if_cached(lookup.headers):
            self._record(lookup, "miss", "only-if-cached")
            return UpstreamResponse(status=_GATEWAY_TIMEOUT, headers=(), body=b"")
        own = conditions(stored) if stored and lookup.request.method == "GET" else ()
        try:
            exchange = await self._exchange(lookup.on(own) if own else lookup, lookup)
        except UpstreamError as error:
            now_s = self._clock.monotonic_s()
            if stored and may_serve_on_error(stored, now_s):
                return self._serve(lookup, stored, "stale", error.code)
            if stored and may_fall_back(error):
                fallback = self._fallback_of(lookup.request)
                stale_s = fallback.stale_s if fallback else 0.0
                if may_fall_back_on(stored, stale_s, now_s):
                    return self._fall_back(lookup, stored, error)
            raise
        status = exchange.response.status
        if stored and own and status == _NOT_MODIFIED:
            return await self._revalidated(lookup, stored, exchange)
        may_be_stale = stored and may_serve_on_error(stored, exchange.received_s)
        if stored and may_be_stale and status >= _SERVER_ERROR:
            return self._serve(lookup, stored, "stale", f"status {status}")
        return await self._store_response(lookup, exchange, reason)

    async def _exchange(self, sent: _Lookup, lookup: _Lookup) -> Exchange:
        sent_s, since = self._clock.monotonic_s(), self._store.sequence
        response = await self._inner.call(sent.request, sent.context)
        return Exchange(
            request=lookup.request,
            headers=lookup.headers,
            response=response,
            sent_s=sent_s,
            received_s=self._clock.monotonic_s(),
            received_epoch_s=self._clock.epoch_s(),
            since=since,
        )

    async def _revalidated(
        self, lookup: _Lookup, stored: StoredResponse, exchange: Exchange
    ) -> UpstreamResponse:
        if not is_about(stored, exchange.response.headers):
            return self._serve(lookup, stored, "revalidated", "another validator")
        whole = freshened(stored, exchange)
        result = stored_or_reason(whole, self._policy)
        if isinstance(result, StoredResponse):
            if result.public != stored.public:
                await self._store.remove(lookup.keys.of(stored))
            await self._store.put(lookup.keys.of(result), result, exchange.since)
            return self._serve(lookup, result, "revalidated", "")
        # This affects more than one key, but is retried if the shared store is down.
        await self._store.invalidate(self._upstream, lookup.request.path)
        self._record(lookup, "revalidated", result)
        return _labelled(whole.response, "revalidated", "fwd=stale; fwd-status=304")

    async def _store_response(
        self, lookup: _Lookup, exchange: Exchange, reason: str
    ) -> UpstreamResponse:
        result = stored_or_reason(exchange, self._policy)
        if isinstance(result, StoredResponse):
            await self._store.put(lookup.keys.of(result), result, exchange.since)
            how = "; stored"
        else:
            how = f'; detail="{result}"'
            reason = f"{reason}; not stored: {result}"
        self._record(lookup, "miss", reason)
        forwarded = "stale" if reason.startswith("stale") else "uri-miss"
        return _labelled(exchange.response, "miss", f"fwd={forwarded}{how}")

    def _serve(
        self,
        lookup: _Lookup,
        stored: StoredResponse,
        outcome: CacheOutcome,
        reason: str,
    ) -> UpstreamResponse:
        self._record(lookup, outcome, reason)
        now_s = self._clock.monotonic_s()
        age = b"%d" % int(stored.age_s(now_s))
        headers = tuple(line for line in stored.headers if line[0] != b"age")
        status, body = stored.status, stored.body
        if is_unmodified(stored, lookup.headers):
            status, headers, body = _NOT_MODIFIED, not_modified_headers(headers), b""
        response = UpstreamResponse(
            status=status, headers=(*headers, (b"age", age)), body=body
        )
        ttl_s = int(stored.fresh_for_s(now_s))
        return _labelled(response, outcome, f"hit; ttl={ttl_s}")

    def _fall_back(
        self, lookup: _Lookup, stored: StoredResponse, error: UpstreamError
    ) -> UpstreamResponse:
        self._log.add_fallback(lookup.request, lookup.context, error.code)
        return self._serve(lookup, stored, "stale", error.code)

    def _refresh_in_background(self, lookup: _Lookup, stored: StoredResponse) -> None:
        """Refresh a stale response in the background, once for all its callers."""
        key = lookup.keys.of(stored)
        if key in self._refreshing:
            return
        deadline_s = self._clock.monotonic_s() + self._total_s
        request = replace(lookup.request, deadline_s=deadline_s)
        task = asyncio.create_task(
            self._refresh(replace(lookup, request=request, counted=False), stored)
        )
        self._refreshing[key] = task
        task.add_done_callback(lambda _: self._refreshing.pop(key, None))

    async def _refresh(self, lookup: _Lookup, stored: StoredResponse) -> None:
        with suppress(UpstreamError):
            await self._fetch(lookup, stored, "stale-while-revalidate")

    def _record(self, lookup: _Lookup, outcome: CacheOutcome, reason: str) -> None:
        if lookup.counted:
            self._log.add(
                lookup.request,
                lookup.context,
                outcome,
                reason,
                started_s=lookup.started_s,
            )


def _labelled(
    response: UpstreamResponse, outcome: CacheOutcome, status: str
) -> UpstreamResponse:
    labels = (
        (b"x-cache", _X_CACHE[outcome]),
        (b"cache-status", f"weir; {status}".encode()),
    )
    return UpstreamResponse(
        status=response.status,
        headers=response.headers + labels,
        body=response.body,
        instance=response.instance,
    )
