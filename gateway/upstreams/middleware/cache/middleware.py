"""Answers from the cache what may be, and keeps what may be kept."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

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
    find_selected,
    freshened,
    is_about,
    judge,
    may_fall_back_on,
    may_serve_on_error,
    only_if_cached,
)
from weir.gateway.upstreams.middleware.cache.store import CacheStore
from weir.gateway.upstreams.middleware.cache.stored import CacheKey, StoredResponse
from weir.gateway.upstreams.middleware.cache.storing import store_or_refuse
from weir.gateway.upstreams.middleware.cache.tags import tags_of
from weir.gateway.upstreams.middleware.cache.writes import outdated_paths, succeeded
from weir.gateway.upstreams.middleware.fallback import FallbackOf, may_fall_back
from weir.gateway.upstreams.model.policy import CachePolicy
from weir.gateway.upstreams.model.upstream import Upstream

_NOT_MODIFIED: Final = 304
_SERVER_ERROR: Final = 500
_GATEWAY_TIMEOUT: Final = 504
_TELLS: Final[dict[CacheOutcome, bytes]] = {
    "hit": b"HIT",
    "miss": b"MISS",
    "stale": b"STALE",
    "revalidated": b"REVALIDATED",
    "bypass": b"BYPASS",
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request that may be answered from the cache."""

    request: UpstreamRequest
    context: RequestContext
    keys: CacheKeys
    headers: Headers
    started_s: float
    told: bool = True
    """Whether somebody waits, and it is counted what becomes of this."""

    def on(self, own: Headers) -> "_Asked":
        """Return this with the conditions of the cache, in place of the client's."""
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
    `total_s` is the timeout of a refresh behind a stale response.
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
        return await self._answer(
            _Asked(request, context, keys, headers, self._clock.monotonic_s())
        )

    async def _answer(self, asked: _Asked) -> UpstreamResponse:
        keys = asked.keys
        variants = await self._store.get(keys.exact, keys.public)
        stored = find_selected(variants, asked.headers)
        if stored is None:
            return await self._fetch(asked, None, "uri-miss")
        judgement = judge(stored, asked.headers, asked.started_s)
        match judgement.use:
            case Use.FRESH:
                return self._serve(asked, stored, "hit", "")
            case Use.STALE:
                self._refresh_behind(asked, stored)
                return self._serve(asked, stored, "stale", judgement.reason)
            case Use.REVALIDATE:
                return await self._fetch(asked, stored, judgement.reason)

    async def _call_unsafe(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        response = await self._inner.call(request, context)
        if succeeded(response):
            paths, tags = outdated_paths(request, response), tags_of(response.headers)
            await self._store.invalidate(self._upstream, *paths, tags=tags)
        return response

    async def _fetch(
        self, asked: _Asked, stored: StoredResponse | None, reason: str
    ) -> UpstreamResponse:
        if only_if_cached(asked.headers):
            self._tell(asked, "miss", "only-if-cached")
            return UpstreamResponse(status=_GATEWAY_TIMEOUT, headers=(), body=b"")
        own = conditions(stored) if stored and asked.request.method == "GET" else ()
        try:
            exchange = await self._exchange(asked.on(own) if own else asked, asked)
        except UpstreamError as error:
            now_s = self._clock.monotonic_s()
            if stored and may_serve_on_error(stored, now_s):
                return self._serve(asked, stored, "stale", error.code)
            if stored and may_fall_back(error):
                fallback = self._fallback_of(asked.request)
                stale_s = fallback.stale_s if fallback else 0.0
                if may_fall_back_on(stored, stale_s, now_s):
                    return self._fall_back(asked, stored, error)
            raise
        status = exchange.response.status
        if stored and own and status == _NOT_MODIFIED:
            return await self._revalidated(asked, stored, exchange)
        stale_will_do = stored and may_serve_on_error(stored, exchange.received_s)
        if stored and stale_will_do and status >= _SERVER_ERROR:
            return self._serve(asked, stored, "stale", f"status {status}")
        return await self._keep(asked, exchange, reason)

    async def _exchange(self, sent: _Asked, asked: _Asked) -> Exchange:
        sent_s, since = self._clock.monotonic_s(), self._store.moment
        response = await self._inner.call(sent.request, sent.context)
        return Exchange(
            request=asked.request,
            headers=asked.headers,
            response=response,
            sent_s=sent_s,
            received_s=self._clock.monotonic_s(),
            received_epoch_s=self._clock.epoch_s(),
            since=since,
        )

    async def _revalidated(
        self, asked: _Asked, stored: StoredResponse, exchange: Exchange
    ) -> UpstreamResponse:
        if not is_about(stored, exchange.response.headers):
            return self._serve(asked, stored, "revalidated", "another validator")
        whole = freshened(stored, exchange)
        kept = store_or_refuse(whole, self._policy)
        if isinstance(kept, StoredResponse):
            if kept.public != stored.public:
                await self._store.remove(asked.keys.of(stored))
            await self._store.put(asked.keys.of(kept), kept, exchange.since)
            return self._serve(asked, kept, "revalidated", "")
        # Not only of this key, but what cannot be forgotten now is then owed.
        await self._store.invalidate(self._upstream, asked.request.path)
        self._tell(asked, "revalidated", kept)
        return _labelled(whole.response, "revalidated", "fwd=stale; fwd-status=304")

    async def _keep(
        self, asked: _Asked, exchange: Exchange, reason: str
    ) -> UpstreamResponse:
        kept = store_or_refuse(exchange, self._policy)
        if isinstance(kept, StoredResponse):
            await self._store.put(asked.keys.of(kept), kept, exchange.since)
            how = "; stored"
        else:
            how = f'; detail="{kept}"'
            reason = f"{reason}; not stored: {kept}"
        self._tell(asked, "miss", reason)
        forwarded = "stale" if reason.startswith("stale") else "uri-miss"
        return _labelled(exchange.response, "miss", f"fwd={forwarded}{how}")

    def _serve(
        self, asked: _Asked, stored: StoredResponse, outcome: CacheOutcome, reason: str
    ) -> UpstreamResponse:
        self._tell(asked, outcome, reason)
        now_s = self._clock.monotonic_s()
        age = b"%d" % int(stored.age_s(now_s))
        headers = tuple(line for line in stored.headers if line[0] != b"age")
        status, body = stored.status, stored.body
        if is_unmodified(stored, asked.headers):
            status, headers, body = _NOT_MODIFIED, not_modified_headers(headers), b""
        response = UpstreamResponse(
            status=status, headers=(*headers, (b"age", age)), body=body
        )
        ttl_s = int(stored.fresh_for_s(now_s))
        return _labelled(response, outcome, f"hit; ttl={ttl_s}")

    def _fall_back(
        self, asked: _Asked, stored: StoredResponse, error: UpstreamError
    ) -> UpstreamResponse:
        self._log.add_fallback(asked.request, asked.context, error.code)
        return self._serve(asked, stored, "stale", error.code)

    def _refresh_behind(self, asked: _Asked, stored: StoredResponse) -> None:
        """Renew a stale answer for the next caller, once for all who get it."""
        key = asked.keys.of(stored)
        if key in self._refreshing:
            return
        deadline_s = self._clock.monotonic_s() + self._total_s
        request = replace(asked.request, deadline_s=deadline_s)
        task = asyncio.create_task(
            self._refresh(replace(asked, request=request, told=False), stored)
        )
        self._refreshing[key] = task
        task.add_done_callback(lambda _: self._refreshing.pop(key, None))

    async def _refresh(self, asked: _Asked, stored: StoredResponse) -> None:
        with suppress(UpstreamError):
            await self._fetch(asked, stored, "stale-while-revalidate")

    def _tell(self, asked: _Asked, outcome: CacheOutcome, reason: str) -> None:
        if asked.told:
            self._log.add(
                asked.request,
                asked.context,
                outcome,
                reason,
                started_s=asked.started_s,
            )


def _labelled(
    response: UpstreamResponse, outcome: CacheOutcome, status: str
) -> UpstreamResponse:
    labels = (
        (b"x-cache", _TELLS[outcome]),
        (b"cache-status", f"weir; {status}".encode()),
    )
    return UpstreamResponse(
        status=response.status,
        headers=response.headers + labels,
        body=response.body,
        instance=response.instance,
    )
