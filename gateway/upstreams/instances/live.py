"""Instances that several generations share, closed by the last of them."""

from collections.abc import Hashable
from random import Random
from typing import Protocol

from weir.gateway.clock import Clock
from weir.gateway.events import (
    EventSink,
    HealthChecked,
    HealthEndpointMissing,
    InstanceChanged,
)
from weir.gateway.transport.transport import Transport
from weir.gateway.upstreams.instances.health import InstanceHealth
from weir.gateway.upstreams.instances.health_check import (
    CheckResult,
    Credential,
    HealthCheck,
)
from weir.gateway.upstreams.instances.instance import Instance
from weir.gateway.upstreams.model.policy import UpstreamPolicy


def instance_key(url: str, policy: UpstreamPolicy) -> Hashable:
    """Return the key that is equal if two generations may share an instance."""
    return (
        policy.name,
        url,
        policy.health,
        policy.transport,
        policy.headers.set,
        policy.grant,
    )


class InstanceUser(Protocol):
    """An upstream that sends calls to an instance."""

    def health_recorded(self, health: InstanceHealth) -> None:
        """Follow the health of an instance, which may have changed."""
        ...

    def health_changed(self, *, healthy: bool, now_s: float) -> None:
        """Handle the recovery or the failure of an instance."""
        ...

    def may_eject(self, now_s: float) -> bool:
        """Return whether one more instance may be ejected for its responses."""
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
        credential: Credential | None = None,
    ) -> None:
        self._upstream = policy.name
        self._receive_missing = sink.receiver(HealthEndpointMissing)
        self._receive_check = sink.receiver(HealthChecked)
        self._receive_change = sink.receiver(InstanceChanged)
        self._users: list[InstanceUser] = []
        health = InstanceHealth(
            policy.health, self._changed, self._may_eject, self._recorded
        )
        self.key = instance_key(url, policy)
        self.instance = Instance(url, transport, health)
        self.check = HealthCheck(
            self.instance,
            policy.health,
            clock,
            rng,
            fixed=policy.headers.set,
            credential=credential,
            on_no_endpoint=self._no_endpoint,
            on_result=self._check_ended,
        )
        self._checked = policy.health.active

    def start(self) -> None:
        """Start the health checks, unless they are disabled or running."""
        if self._checked:
            self.check.start()

    def join(self, user: InstanceUser) -> None:
        """Add an upstream that uses the instance."""
        self._users.append(user)

    def discard(self, user: InstanceUser) -> None:
        """Remove an upstream that never started."""
        self._users.remove(user)

    async def leave(self, user: InstanceUser) -> None:
        """Remove an upstream; close the instance after the last one."""
        self._users.remove(user)
        if not self._users:
            await self.check.stop()
            await self.instance.transport.close()

    def _may_eject(self, now_s: float) -> bool:
        if all(user.may_eject(now_s) for user in self._users):
            return True
        self.check.check_soon()
        return False

    def _recorded(self) -> None:
        for user in self._users:
            user.health_recorded(self.instance.health)

    def _check_ended(self, result: CheckResult) -> None:
        if self._receive_check is not None:
            self._receive_check(
                HealthChecked(
                    upstream=self._upstream,
                    instance=self.instance.url,
                    failures=result.failures,
                    reason=result.reason,
                )
            )

    def _no_endpoint(self, path: str, status: int) -> None:
        if self._receive_missing is not None:
            self._receive_missing(
                HealthEndpointMissing(
                    upstream=self._upstream,
                    url=f"{self.instance.url}{path}",
                    status=status,
                )
            )

    def _changed(self, healthy: bool, reason: str, now_s: float) -> None:  # noqa: FBT001 - OnHealthChange
        if not healthy:
            self.check.check_soon()
        if self._receive_change is not None:
            self._receive_change(
                InstanceChanged(
                    upstream=self._upstream,
                    instance=self.instance.url,
                    healthy=healthy,
                    reason=reason,
                    at_s=now_s,
                )
            )
        for user in self._users:
            user.health_changed(healthy=healthy, now_s=now_s)
