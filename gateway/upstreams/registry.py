"""All upstreams of one generation."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace

from weir.gateway.discovery.discovery import Discovery
from weir.gateway.discovery.policy import DnsPolicy
from weir.gateway.limits.adaptive.health import ServiceHealth
from weir.gateway.limits.limiter import limit_buckets
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.factories import TransportFactory, new_transport
from weir.gateway.upstreams.instances.health_check import CheckResult
from weir.gateway.upstreams.instances.live import LiveInstance, instance_key
from weir.gateway.upstreams.middleware.breaker.breaker import BreakerState
from weir.gateway.upstreams.middleware.breaker.breakers import new_breakers
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.model.policy import UpstreamPolicy
from weir.gateway.upstreams.model.upstream import StreamingUpstream, Upstream
from weir.gateway.upstreams.registered import LiveInstances, RegisteredUpstream
from weir.gateway.upstreams.service_tokens import ServiceTokens
from weir.gateway.upstreams.snapshot import ServiceSnapshot


class Registry:
    """The upstreams that a generation calls, by name.

    `next` returns the registry of the next generation. The two share the upstreams
    whose policy is equal. Of the other upstreams, they share the instances and the
    breaker if the configuration of these is equal. `close` releases the upstreams, and
    closes those that no other registry uses. Calls in flight continue to their end.
    """

    def __init__(
        self,
        policies: Mapping[str, UpstreamPolicy],
        dependencies: Dependencies,
        transports: TransportFactory = new_transport,
    ) -> None:
        self._dependencies = dependencies
        self._transports = transports
        self._closing: asyncio.Task[None] | None = None
        self._upstreams = {
            name: self._register(policy, None) for name, policy in policies.items()
        }

    def next(self, policies: Mapping[str, UpstreamPolicy]) -> "Registry":
        """Return the registry of `policies`, which must be closed even if not used.

        Raise the errors of the transport factory, such as OSError for TLS files. In
        that case nothing is shared.
        """
        registry = Registry({}, self._dependencies, self._transports)
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
        """Return the upstream registered as `name`, or raise KeyError."""
        return self._upstreams[name].stack.calls

    def streams(self, name: str) -> StreamingUpstream:
        """Return the upstream for streamed responses, or raise KeyError."""
        return self._upstreams[name].stack.streams

    def start(self) -> None:
        """Start the health checks and discoveries that are not running yet."""
        for registered in self._upstreams.values():
            registered.start()

    async def close(self) -> None:
        """Release the upstreams; further calls have no effect.

        All of them are released, even if the caller is cancelled.
        """
        if self._closing is None:
            self._closing = asyncio.create_task(self._release())
        await asyncio.shield(self._closing)

    async def _release(self) -> None:
        releases = (registered.release() for registered in self._upstreams.values())
        await asyncio.gather(*releases)

    def service_health(self, name: str, since_s: float, now_s: float) -> ServiceHealth:
        """Return the health of `name`, or raise KeyError."""
        return self._upstreams[name].service_health(since_s, now_s)

    def snapshot(self) -> tuple[ServiceSnapshot, ...]:
        """Return the state of all upstreams, in the order of the configuration."""
        now_s = self._dependencies.clock.monotonic_s()
        return tuple(one.snapshot(now_s) for one in self._upstreams.values())

    def reset_breaker(self, name: str, operation: str = "") -> None:
        """Close the breakers of `name`, or that of one operation.

        Raise KeyError if there is no such upstream or operation.
        """
        now_s = self._dependencies.clock.monotonic_s()
        self._upstreams[name].breakers.reset(operation, now_s)

    def force_breaker(
        self, name: str, state: BreakerState | None, operation: str = ""
    ) -> None:
        """Force breakers open or closed, for example for a drill; None ends it.

        This applies to all breakers of `name`, or to that of one operation. Raise
        KeyError if there is no such upstream or operation.
        """
        self._upstreams[name].breakers.force(operation, state)

    async def check_health(self, name: str) -> ServiceSnapshot:
        """Check all instances of `name` now, or raise KeyError; return the result."""
        registered = self._upstreams[name]
        for _, live in registered.instances:
            await live.check.check()
        return registered.snapshot(self._dependencies.clock.monotonic_s())

    def record_check(self, name: str, url: str, result: CheckResult) -> None:
        """Record the result of a health check that another process has made.

        Raise KeyError if there is no such upstream. An instance that is not known here
        is left out.
        """
        for spec, live in self._upstreams[name].instances:
            if spec.url == url:
                live.check.record(result)

    def failed_checks(self) -> Iterator[tuple[str, str, CheckResult]]:
        """Yield the upstream and the URL of each instance whose last check failed."""
        for name, registered in self._upstreams.items():
            for spec, live in registered.instances:
                if failures := live.instance.health.check_failures:
                    reason = live.instance.last_failure
                    yield name, spec.url, CheckResult(failures, reason)

    async def purge_cache(self, purge: Purge) -> int:
        """Remove cached responses; return their number."""
        return await self._dependencies.cache.purge(purge)

    def _register(
        self, policy: UpstreamPolicy, before: RegisteredUpstream | None
    ) -> RegisteredUpstream:
        policy = _verified_by_name(policy)
        if before is not None and before.policy == policy:
            return before.share()
        tokens = self._tokens(policy, before)
        return RegisteredUpstream(
            policy,
            self._dependencies,
            instances=self._instances(policy, before, tokens),
            breakers=new_breakers(
                policy,
                before.breakers if before else None,
                self._dependencies.clock,
                self._dependencies.sink,
            ),
            new_instance=lambda url: self._new_instance(url, policy, tokens),
            discovery=self._discovery(policy),
            tokens=tokens,
            limits=limit_buckets(
                policy.rate_limits,
                before.limits if before else {},
                self._dependencies.limit_states,
            ),
        )

    def _discovery(self, policy: UpstreamPolicy) -> Discovery | None:
        if policy.discovery is None:
            return None
        dependencies = self._dependencies
        return dependencies.discoveries(policy.discovery.source, dependencies.rng)

    def _tokens(
        self, policy: UpstreamPolicy, before: RegisteredUpstream | None
    ) -> ServiceTokens | None:
        """Return the tokens of an upstream, shared with this registry if possible."""
        if policy.grant is None:
            return None
        known = before.tokens if before else None
        if known is not None and known.grant == policy.grant:
            return known.share()
        return ServiceTokens(policy.name, policy.grant, self._dependencies.clock)

    def _instances(
        self,
        policy: UpstreamPolicy,
        before: RegisteredUpstream | None,
        tokens: ServiceTokens | None,
    ) -> LiveInstances:
        """Return the initial instances, shared with this registry where possible."""
        specs = policy.instances
        alive = {live.key: live for _, live in before.instances} if before else {}
        if before is not None and policy.discovery == before.policy.discovery:
            specs = specs or tuple(spec for spec, _ in before.instances)
        return tuple(
            (
                spec,
                alive.get(instance_key(spec.url, policy))
                or self._new_instance(spec.url, policy, tokens),
            )
            for spec in specs
        )

    def _new_instance(
        self, url: str, policy: UpstreamPolicy, tokens: ServiceTokens | None
    ) -> LiveInstance:
        transport = self._transports(url, policy.transport, self._dependencies.clock)
        return LiveInstance(
            url,
            policy,
            transport,
            clock=self._dependencies.clock,
            rng=self._dependencies.rng,
            sink=self._dependencies.sink,
            credential=tokens.fields if tokens else None,
        )


def _verified_by_name(policy: UpstreamPolicy) -> UpstreamPolicy:
    """Return `policy` with the server name for certificates of discovered instances.

    Instances discovered by address records have an address in their URL, but a
    certificate for the name that was resolved.
    """
    transport = policy.transport
    source = policy.discovery.source if policy.discovery else None
    if not isinstance(source, DnsPolicy) or source.records == "srv":
        return policy
    if transport.tls.server_name:
        return policy
    tls = replace(transport.tls, server_name=source.name)
    return replace(policy, transport=replace(transport, tls=tls))
