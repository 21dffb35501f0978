"""Asks the circuit breaker before each call, and tells it how the call ended."""

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.transport.errors import CircuitOpen, UpstreamError
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.middleware.breaker.breaker import Breaker
from weir.gateway.upstreams.middleware.retry.attempt import SERVER_ERROR
from weir.gateway.upstreams.model.policy import UpstreamPolicy
from weir.gateway.upstreams.model.upstream import Upstream


class Breaking:
    """Lets calls through while the breaker admits them.

    It stands outside the retries, so that the breaker counts final outcomes only.
    """

    def __init__(
        self, inner: Upstream, policy: UpstreamPolicy, breaker: Breaker, clock: Clock
    ) -> None:
        self._inner = inner
        self._upstream = policy.name
        self._breaker = breaker
        self._clock = clock

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        permit = self.admit()
        try:
            response = await self._inner.call(request, context)
        except BaseException as error:
            self.judge_error(error, permit)
            raise
        self.judge(response.status, permit)
        return response

    def admit(self) -> int:
        """Return a permit, to be judged in any case; raises `CircuitOpen`."""
        now_s = self._clock.monotonic_s()
        permit = self._breaker.admit(now_s)
        if permit is None:
            msg = f"{self._upstream}: its circuit breaker is open"
            wait_s = self._breaker.retry_after_s(now_s)
            raise CircuitOpen(msg, retry_after_s=wait_s)
        return permit

    def judge_error(self, error: BaseException, permit: int) -> None:
        """What was permitted ended without an answer."""
        if isinstance(error, UpstreamError) and error.counts_as_failure:
            self._breaker.failed(permit, self._clock.monotonic_s())
        else:
            self._breaker.abandoned(permit)

    def judge(self, status: int, permit: int) -> None:
        """What was permitted was answered."""
        now_s = self._clock.monotonic_s()
        if status < SERVER_ERROR:
            self._breaker.succeeded(permit, now_s)
        else:
            self._breaker.failed(permit, now_s)
