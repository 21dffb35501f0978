"""Asks an instance for its health, for as long as it is registered."""

import asyncio
from random import Random
from typing import Final

from weir.gateway.clock import Clock
from weir.gateway.headers import Headers
from weir.gateway.transport.errors import UpstreamError
from weir.gateway.transport.message import UpstreamRequest
from weir.gateway.upstreams.instances.instance import Instance
from weir.gateway.upstreams.model.policy import HealthPolicy

_HEADERS: Final[Headers] = (
    (b"user-agent", b"weir-health-check"),
    (b"accept", b"*/*"),
)
_JITTER: Final = 0.2
"""Gateways that start together must not all ask together."""


class HealthCheck:
    """A task that checks one instance: seldom while it is well, often while not."""

    def __init__(
        self, instance: Instance, policy: HealthPolicy, clock: Clock, rng: Random
    ) -> None:
        self._instance = instance
        self._policy = policy
        self._clock = clock
        self._rng = rng
        self._doubt = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, unless it has begun."""
        if self._task is None:
            name = f"health check of {self._instance.url}"
            self._task = asyncio.create_task(self._run(), name=name)

    async def stop(self) -> None:
        """End the task and wait for its end."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    def hurry(self) -> None:
        """Attempts have failed: check soon."""
        self._doubt.set()

    async def check(self) -> bool:
        """Ask now; return whether the answer was the one that is wanted."""
        now_s = self._clock.monotonic_s()
        request = UpstreamRequest(
            method="GET",
            path=self._policy.path,
            safe=True,
            deadline_s=now_s + self._policy.timeout_s,
            endpoint="health check",
        )
        failure = await self._ask(request)
        now_s = self._clock.monotonic_s()
        if failure is None:
            self._instance.health.check_passed(now_s)
        else:
            self._instance.note_failure(f"health check: {failure}", now_s)
            self._instance.health.check_failed(now_s)
        return failure is None

    async def _ask(self, request: UpstreamRequest) -> str | None:
        """Return what is wrong, or None."""
        transport = self._instance.transport
        try:
            answer = await transport.call(request, _HEADERS, request.deadline_s)
        except UpstreamError as error:
            return error.detail
        wanted = self._policy.statuses
        if answer.status in wanted:
            return None
        return f"answered {answer.status}, not {' or '.join(map(str, wanted))}"

    async def _run(self) -> None:
        await asyncio.sleep(self._rng.uniform(0, self._policy.recheck_s))
        while True:
            await self.check()
            await self._rest()

    async def _rest(self) -> None:
        """Sleep until the next check, which failing attempts bring nearer."""
        self._doubt.clear()
        rest_s = self._instance.health.next_check_s(self._clock.monotonic_s())
        try:
            async with asyncio.timeout(self._jittered(rest_s)):
                await self._doubt.wait()
        except TimeoutError:
            return
        await asyncio.sleep(self._jittered(self._policy.recheck_s))

    def _jittered(self, seconds: float) -> float:
        return seconds * self._rng.uniform(1 - _JITTER, 1 + _JITTER)
