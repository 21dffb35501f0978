"""Live state with its users: what generations share, and who closes it."""

from collections.abc import Hashable

from gateway.telemetry.events import BreakerChanged, InstanceChanged
from gateway.transport.transport import Transport
from gateway.upstreams.breaker import Breaker, BreakerState
from gateway.upstreams.health import InstanceHealth
from gateway.upstreams.health_check import HealthCheck
from gateway.upstreams.instance import Instance
from gateway.upstreams.policy import UpstreamPolicy
from gateway.upstreams.runtime import Runtime


def instance_key(url: str, policy: UpstreamPolicy) -> Hashable:
    """Return what must be equal for two generations to share an instance."""
    return (
        policy.name,
        url,
        policy.health,
        policy.timeout.connect_s,
        policy.connections,
        policy.tls,
        (policy.transport, policy.proxy, policy.timeout.idle_s),
        policy.max_header_bytes,
        policy.max_response_bytes,
    )


class LiveInstance:
    """An instance, its health check, and the breakers of the upstreams that use it."""

    def __init__(
        self, url: str, policy: UpstreamPolicy, transport: Transport, runtime: Runtime
    ) -> None:
        self._upstream = policy.name
        self._sink = runtime.sink
        self._tells = runtime.sink.wants(InstanceChanged)
        self._breakers: list[Breaker] = []
        health = InstanceHealth(policy.health, self._changed)
        self.key = instance_key(url, policy)
        self.instance = Instance(url, transport, health)
        self.check = HealthCheck(self.instance, policy.health, runtime)
        self._checked = policy.health.active

    def start(self) -> None:
        """Begin the health checks, unless they are off or running."""
        if self._checked:
            self.check.start()

    def join(self, breaker: Breaker) -> None:
        """An upstream with this breaker begins to use the instance."""
        self._breakers.append(breaker)

    async def leave(self, breaker: Breaker) -> None:
        """That upstream is closed; the instance is, once it was the last."""
        self._breakers.remove(breaker)
        if not self._breakers:
            await self.check.stop()
            await self.instance.transport.close()

    def _changed(self, healthy: bool, reason: str, now_s: float) -> None:  # noqa: FBT001 - OnHealthChange
        if healthy:
            for breaker in self._breakers:
                breaker.probe_early(now_s)
        else:
            self.check.hurry()
        if self._tells:
            self._sink.emit(
                InstanceChanged(
                    upstream=self._upstream,
                    instance=self.instance.url,
                    healthy=healthy,
                    reason=reason,
                    at_s=now_s,
                )
            )


def new_breaker(policy: UpstreamPolicy, runtime: Runtime) -> Breaker:
    """Return a closed breaker that tells the sink of its transitions."""
    sink = runtime.sink
    tells = sink.wants(BreakerChanged)

    def changed(before: BreakerState, after: BreakerState, now_s: float) -> None:
        if tells:
            sink.emit(
                BreakerChanged(
                    upstream=policy.name,
                    before=before.value,
                    after=after.value,
                    at_s=now_s,
                )
            )

    return Breaker(policy.breaker, runtime.clock.monotonic_s(), changed)
