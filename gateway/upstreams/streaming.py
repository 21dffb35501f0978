"""Streams through the stack: events, downloads, uploads, proxied routes.

A stream passes what a call passes, in the same order, without what makes no sense of
it: nothing is cached, shared or hedged, and only what never left is tried elsewhere.
Limit, breaker, pick an instance, passive health, transport.

By its head it is judged as a call is. Its places in flight, of the upstream and of the
instance, it keeps until it is closed: a limit of calls in flight is one of streams as
well, and `aclose` is owed in any case.
"""

from collections.abc import AsyncIterable, AsyncIterator, Callable
from functools import partial
from typing import Final, TypeAlias

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.headers import Headers, outgoing_headers
from weir.gateway.transport.errors import UpstreamError, UpstreamUnavailable
from weir.gateway.transport.message import UpstreamRequest
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.instances.instance import Instance
from weir.gateway.upstreams.middleware.breaker.middleware import Breaking
from weir.gateway.upstreams.middleware.concurrency.middleware import Limiting
from weir.gateway.upstreams.middleware.discovery_wait import Discovering
from weir.gateway.upstreams.middleware.retry.attempt import (
    Ended,
    InstanceAttempts,
    Tries,
)
from weir.gateway.upstreams.model.policy import UpstreamPolicy
from weir.gateway.upstreams.model.upstream import StreamingUpstream

_CANCELLED: Final = "CANCELLED"


WayOf: TypeAlias = Callable[[UpstreamRequest], StreamingUpstream]
"""Finds what opens the streams of a request."""


class Streaming:
    """Opens streams by `way_of`; each holds a place in flight until it is closed."""

    def __init__(self, limiting: Limiting | None, way_of: WayOf) -> None:
        self._limiting = limiting
        self._way_of = way_of

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        limiting, way = self._limiting, self._way_of(request)
        if limiting is None:
            return await way.open(request, context, body)
        await limiting.enter(request.deadline_s)
        leave = partial(limiting.leave, None)
        try:
            stream = await way.open(request, context, body)
        except BaseException:
            leave()
            raise
        return _Held(stream, leave)


class AdmittedStreams:
    """Opens streams to the instances of one upstream, while the breaker lets them."""

    def __init__(
        self,
        breaking: Breaking,
        attempts: InstanceAttempts,
        policy: UpstreamPolicy,
        clock: Clock,
    ) -> None:
        self._breaking = breaking
        self._attempts = attempts
        self._repeats = policy.retry.attempts
        self._attempt_s = policy.timeout.attempt_s
        self._total_s = policy.timeout.total_s
        self._clock = clock

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        permit = self._breaking.admit()
        try:
            stream = await self._opened(request, context, body)
        except BaseException as error:
            self._breaking.judge_error(error, permit)
            raise
        self._breaking.judge(stream.status, permit)
        return stream

    async def _opened(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        body: AsyncIterable[bytes] | None,
    ) -> ResponseStream:
        tries = Tries(
            outgoing_headers(request.headers, context.forwarded),
            min(request.deadline_s, self._clock.monotonic_s() + self._total_s),
        )
        upload = None if body is None else _Upload(body)
        while True:
            try:
                return await self._attempt(request, context, tries, upload)
            except UpstreamError as error:
                if not self._may_go_elsewhere(error, tries, upload):
                    raise

    def _may_go_elsewhere(
        self, error: UpstreamError, tries: Tries, upload: "_Upload | None"
    ) -> bool:
        if not error.nothing_sent or isinstance(error, UpstreamUnavailable):
            return False
        untouched = upload is None or not upload.has_begun
        in_time = self._clock.monotonic_s() < tries.deadline_s
        few = len(tries.tried) <= self._repeats
        return untouched and in_time and few and self._attempts.has_untried(tries)

    async def _attempt(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        tries: Tries,
        upload: "_Upload | None",
    ) -> ResponseStream:
        started_s = self._clock.monotonic_s()
        instance = self._attempts.pick(request, context, tries, started_s)
        deadline_s = min(tries.deadline_s, started_s + self._attempt_s)
        status, outcome = 0, _CANCELLED
        span_id, headers = self._attempts.begin_span(context, tries)
        instance.in_flight += 1
        try:
            stream = await instance.transport.open(request, headers, deadline_s, upload)
            status, outcome = stream.status, "ok"
        except UpstreamError as error:
            outcome = error.code
            self._attempts.judge_error(error, instance, deadline_s - started_s)
            raise
        finally:
            if not status:
                instance.in_flight -= 1
            if self._attempts.tells:
                number = len(tries.tried)
                ended = Ended(instance.url, span_id, number, status, outcome, started_s)
                self._attempts.tell(request, context, ended)
        self._attempts.judge_status(status, instance, started_s)
        return _OfInstance(stream, instance, self._clock)


class DiscoveredStreams:
    """Waits, as calls do, until there is an instance."""

    def __init__(self, inner: StreamingUpstream, discovering: Discovering) -> None:
        self._inner = inner
        self._discovering = discovering

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        await self._discovering.ready(request.deadline_s)
        return await self._inner.open(request, context, body)


class _Upload:
    """A request's body that knows whether any of it was taken."""

    def __init__(self, body: AsyncIterable[bytes]) -> None:
        self._body = body
        self.has_begun = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.has_begun = True
        async for part in self._body:
            yield part


class _Held:
    """A stream that gives back, once, what it holds when it is closed."""

    def __init__(self, stream: ResponseStream, give_back: Callable[[], None]) -> None:
        self._stream = stream
        self._give_back: Callable[[], None] | None = give_back

    @property
    def status(self) -> int:
        return self._stream.status

    @property
    def headers(self) -> Headers:
        return self._stream.headers

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            give_back, self._give_back = self._give_back, None
            if give_back is not None:
                give_back()


class _OfInstance(_Held):
    """A stream that tells its instance of its end."""

    def __init__(
        self, stream: ResponseStream, instance: Instance, clock: Clock
    ) -> None:
        super().__init__(stream, self._leave)
        self._instance = instance
        self._clock = clock

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._stream:
                yield part
        except UpstreamError as error:
            # Silence may be the service's own; a connection that breaks is not.
            now_s = self._clock.monotonic_s()
            if error.unreached:
                self._instance.failed(error, 0.0, now_s)
            else:
                self._instance.note_failure(error.detail, now_s)
            raise

    def _leave(self) -> None:
        self._instance.in_flight -= 1
