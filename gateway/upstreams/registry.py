"""All upstreams of one generation."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.factories import (
    DiscoveryFactory,
    TransportFactory,
    new_dns_discovery,
    new_transport,
)
from weir.gateway.upstreams.instances.live import LiveInstance, instance_key
from weir.gateway.upstreams.middleware.breaker.breaker import BreakerState
from weir.gateway.upstreams.middleware.breaker.breakers import new_breakers
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.model.policy import UpstreamPolicy
from weir.gateway.upstreams.model.upstream import StreamingUpstream, Upstream
from weir.gateway.upstreams.registered import LiveInstances, RegisteredUpstream
from weir.gateway.upstreams.snapshot import ServiceSnapshot


class Registry:
    """The upstreams that a generation calls, by name.

    `next` makes the registry of the next generation beside this one. Upstreams with
    an equal policy are the same objects in both; of the others, the instances and
    the breaker live on where what made them is equal. `close` ends this registry's
    part in them, and with it what no other registry uses. Calls in flight end as
    they would have.
    """

    def __init__(
        self,
        policies: Mapping[str, UpstreamPolicy],
        dependencies: Dependencies,
        transports: TransportFactory = new_transport,
        discoveries: DiscoveryFactory = new_dns_discovery,
    ) -> None:
        self._dependencies = dependencies
        self._transports = transports
        self._discoveries = discoveries
        self._closing: asyncio.Task[None] | None = None
        self._upstreams = {
            name: self._register(policy, None) for name, policy in policies.items()
        }

    def next(self, policies: Mapping[str, UpstreamPolicy]) -> "Registry":
        """Return the registry of `policies`; it must be closed, used or not.

        Raises what makes a transport raises (OSError of TLS files); nothing is shared
        then.
        """
        registry = Registry({}, self._dependencies, self._transports, self._discoveries)
        try:
            for name, policy in policies.items():
                before = self._upstreams.get(name)
                registry._upstreams[name] = registry._register(policy, before)
        except BaseException:
            for registered in registry._upstreams.values():
                registered.abandon()
            raise
        return registry

    def upstream(self, name: str) -> Upstream:
        """Return the stack of the upstream registered as `name` (else KeyError)."""
        return self._upstreams[name].stack.calls

    def streams(self, name: str) -> StreamingUpstream:
        """Return the same upstream for answers in pieces (else KeyError)."""
        return self._upstreams[name].stack.streams

    def start(self) -> None:
        """Begin health checks and watches that do not run already, in the loop."""
        for registered in self._upstreams.values():
            registered.start()

    async def close(self) -> None:
        """Let go of the upstreams; may be called again.

        All of them are let go, even if the caller is cancelled meanwhile.
        """
        if self._closing is None:
            self._closing = asyncio.create_task(self._release())
        await asyncio.shield(self._closing)

    async def _release(self) -> None:
        releases = (registered.release() for registered in self._upstreams.values())
        await asyncio.gather(*releases)

    def snapshot(self) -> tuple[ServiceSnapshot, ...]:
        """Return the state of all upstreams, in the order of the configuration."""
        now_s = self._dependencies.clock.monotonic_s()
        return tuple(one.snapshot(now_s) for one in self._upstreams.values())

    def reset_breaker(self, name: str, operation: str = "") -> None:
        """Close the breakers of `name`, or that of one operation (else KeyError)."""
        now_s = self._dependencies.clock.monotonic_s()
        self._upstreams[name].breakers.reset(operation, now_s)

    def force_breaker(
        self, name: str, state: BreakerState | None, operation: str = ""
    ) -> None:
        """Hold breakers open or closed for a drill; None ends it.

        All of `name`, or that of one operation (else KeyError).
        """
        self._upstreams[name].breakers.force(operation, state)

    async def check_health(self, name: str) -> ServiceSnapshot:
        """Check all instances of `name` now (else KeyError); return what was found."""
        registered = self._upstreams[name]
        for _, live in registered.instances:
            await live.check.check()
        return registered.snapshot(self._dependencies.clock.monotonic_s())

    async def purge_cache(self, purge: Purge) -> int:
        """Forget cached answers; return how many."""
        return await self._dependencies.cache.purge(purge)

    def _register(
        self, policy: UpstreamPolicy, before: RegisteredUpstream | None
    ) -> RegisteredUpstream:
        policy = _verified_by_name(policy)
        if before is not None and before.policy == policy:
            return before.share()
        return RegisteredUpstream(
            policy,
            self._dependencies,
            instances=self._instances(policy, before),
            breakers=new_breakers(
                policy,
                before.breakers if before else None,
                self._dependencies.clock,
                self._dependencies.sink,
            ),
            new_instance=lambda url: self._new_instance(url, policy),
            discovery=self._discoveries(policy.discovery) if policy.discovery else None,
        )

    def _instances(
        self, policy: UpstreamPolicy, before: RegisteredUpstream | None
    ) -> LiveInstances:
        """Return the instances to begin with, those that live where they may."""
        specs = policy.instances
        alive = {live.key: live for _, live in before.instances} if before else {}
        if before is not None and policy.discovery == before.policy.discovery:
            specs = specs or tuple(spec for spec, _ in before.instances)
        return tuple(
            (
                spec,
                alive.get(instance_key(spec.url, policy))
                or self._new_instance(spec.url, policy),
            )
            for spec in specs
        )

    def _new_instance(self, url: str, policy: UpstreamPolicy) -> LiveInstance:
        transport = self._transports(url, policy.transport, self._dependencies.clock)
        return LiveInstance(
            url,
            policy,
            transport,
            clock=self._dependencies.clock,
            rng=self._dependencies.rng,
            sink=self._dependencies.sink,
        )


def _verified_by_name(policy: UpstreamPolicy) -> UpstreamPolicy:
    """Return `policy` with the name that certificates of found instances must have.

    Instances that are found by address records have an address in their URL, but a
    certificate for the name that was looked up.
    """
    found, transport = policy.discovery, policy.transport
    if found is None or found.records == "srv" or transport.tls.server_name:
        return policy
    tls = replace(transport.tls, server_name=found.name)
    return replace(policy, transport=replace(transport, tls=tls))
