"""The active health check of an instance."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, Final, NamedTuple, TypeAlias

from weir.gateway.clock import Clock
from weir.gateway.headers import Headers, with_fields
from weir.gateway.transport.errors import UpstreamError
from weir.gateway.transport.message import UpstreamRequest
from weir.gateway.upstreams.instances.health_probe import health_probe
from weir.gateway.upstreams.instances.instance import Instance
from weir.gateway.upstreams.model.policy import HealthPolicy

_LOG: Final = logging.getLogger("weir.upstreams")
_JITTER: Final = 0.2
"""The relative jitter, so that gateways that start together check at other times."""


OnNoEndpoint: TypeAlias = Callable[[str, int], None]
"""Called with the default path and the status if there is no health endpoint there."""


Credential: TypeAlias = Callable[[float], Coroutine[Any, Any, Headers]]
"""Returns the gateway's own fields by a deadline, or raises an UpstreamError."""


def _ignored(path: str, status: int) -> None:
    del path, status


class CheckResult(NamedTuple):
    """The number of consecutive failed checks, and the reason of the last one."""

    failures: int
    reason: str


PASSED: Final = CheckResult(0, "")

OnResult: TypeAlias = Callable[[CheckResult], None]
"""Called with the result of each check."""


def _result_ignored(result: CheckResult) -> None:
    del result


class HealthCheck:
    """A task that checks one instance, more often while it is unhealthy."""

    def __init__(
        self,
        instance: Instance,
        policy: HealthPolicy,
        clock: Clock,
        rng: Random,
        *,
        fixed: Headers = (),
        credential: Credential | None = None,
        on_no_endpoint: OnNoEndpoint = _ignored,
        on_result: OnResult = _result_ignored,
    ) -> None:
        self._instance = instance
        self._request = health_probe(policy)
        self._headers = with_fields(self._request.headers, fixed)
        self._credential = credential
        self._on_no_endpoint = on_no_endpoint
        self._on_result = on_result
        self._found_nothing = False
        self._policy = policy
        self._clock = clock
        self._rng = rng
        self._check_requested = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the task if it is not running."""
        if self._task is None:
            name = f"health check of {self._instance.url}"
            self._task = asyncio.create_task(self._run(), name=name)

    async def stop(self) -> None:
        """Cancel the task and wait for its end."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    def check_soon(self) -> None:
        """Bring the next check forward, as attempts have failed."""
        self._check_requested.set()

    async def check(self) -> bool:
        """Check now; return whether the check passed."""
        now_s = self._clock.monotonic_s()
        request = UpstreamRequest(
            method=self._request.method,
            path=self._request.path,
            safe=True,
            deadline_s=now_s + self._policy.timeout_s,
            endpoint="health check",
            body=self._request.body,
        )
        try:
            headers = await self._authorized(request.deadline_s)
        except UpstreamError as error:
            # The instance is not the reason, so that its health stays as it is.
            self._instance.record_failure(f"health check: {error.detail}", now_s)
            return False
        failure = await self._probe(request, headers)
        failures = self._instance.health.check_failures + 1
        result = PASSED if failure is None else CheckResult(failures, failure)
        self.record(result)
        self._on_result(result)
        return failure is None

    def record(self, result: CheckResult) -> None:
        """Record the result of a check that this process has made, or another one."""
        now_s, instance = self._clock.monotonic_s(), self._instance
        if result.failures:
            instance.record_failure(f"health check: {result.reason}", now_s)
            instance.health.check_failed(now_s, result.failures)
        else:
            instance.health.check_passed(now_s)

    async def _authorized(self, deadline_s: float) -> Headers:
        if self._credential is None:
            return self._headers
        return with_fields(self._headers, await self._credential(deadline_s))

    async def _probe(self, request: UpstreamRequest, headers: Headers) -> str | None:
        """Return the reason of a failure, or None if the check passed."""
        transport = self._instance.transport
        try:
            response = await transport.call(request, headers, request.deadline_s)
        except UpstreamError as error:
            return error.detail
        if self._request.finds_nothing(response.status) and not self._found_nothing:
            self._found_nothing = True
            self._on_no_endpoint(self._request.path, response.status)
        return self._request.failure(response.status)

    async def _run(self) -> None:
        await asyncio.sleep(self._rng.uniform(0, self._policy.recheck_s))
        while True:
            try:
                await self.check()
            except Exception:  # noqa: BLE001 - the edge of a background loop
                _LOG.exception("A health check of %s failed.", self._instance.url)
            await self._sleep()

    async def _sleep(self) -> None:
        """Sleep until the next check, or until `check_soon`."""
        self._check_requested.clear()
        delay_s = self._instance.health.next_check_s(self._clock.monotonic_s())
        try:
            async with asyncio.timeout(self._jittered(delay_s)):
                await self._check_requested.wait()
        except TimeoutError:
            return
        await asyncio.sleep(self._jittered(self._policy.recheck_s))

    def _jittered(self, seconds: float) -> float:
        return seconds * self._rng.uniform(1 - _JITTER, 1 + _JITTER)
