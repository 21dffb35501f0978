"""Live state with its users: what generations share, and who closes it."""

from collections.abc import Hashable
from random import Random
from typing import Protocol

from weir.gateway.clock import Clock
from weir.gateway.events import EventSink, InstanceChanged
from weir.gateway.transport.transport import Transport
from weir.gateway.upstreams.instances.health import InstanceHealth
from weir.gateway.upstreams.instances.health_check import HealthCheck
from weir.gateway.upstreams.instances.instance import Instance
from weir.gateway.upstreams.model.policy import UpstreamPolicy


def instance_key(url: str, policy: UpstreamPolicy) -> Hashable:
    """Return what must be equal for two generations to share an instance."""
    return (policy.name, url, policy.health, policy.transport)


class InstanceUser(Protocol):
    """An upstream that sends calls to an instance."""

    def recovered(self, now_s: float) -> None:
        """An instance was seen to be back."""
        ...

    def may_eject(self, now_s: float) -> bool:
        """Say whether one more of its instances may be ejected."""
        ...


class LiveInstance:
    """An instance, its health check, and the upstreams that use it."""

    def __init__(
        self,
        url: str,
        policy: UpstreamPolicy,
        transport: Transport,
        *,
        clock: Clock,
        rng: Random,
        sink: EventSink,
    ) -> None:
        self._upstream = policy.name
        self._sink = sink
        self._tells = sink.wants(InstanceChanged)
        self._users: list[InstanceUser] = []
        health = InstanceHealth(policy.health, self._changed, self._may_eject)
        self.key = instance_key(url, policy)
        self.instance = Instance(url, transport, health)
        self.check = HealthCheck(self.instance, policy.health, clock, rng)
        self._checked = policy.health.active

    def start(self) -> None:
        """Begin the health checks, unless they are off or running."""
        if self._checked:
            self.check.start()

    def join(self, user: InstanceUser) -> None:
        """An upstream begins to use the instance."""
        self._users.append(user)

    def part(self, user: InstanceUser) -> None:
        """That upstream never used the instance."""
        self._users.remove(user)

    async def leave(self, user: InstanceUser) -> None:
        """That upstream is closed; the instance is, once it was the last."""
        self._users.remove(user)
        if not self._users:
            await self.check.stop()
            await self.instance.transport.close()

    def _may_eject(self, now_s: float) -> bool:
        if all(user.may_eject(now_s) for user in self._users):
            return True
        self.check.hurry()
        return False

    def _changed(self, healthy: bool, reason: str, now_s: float) -> None:  # noqa: FBT001 - OnHealthChange
        if healthy:
            for user in self._users:
                user.recovered(now_s)
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
