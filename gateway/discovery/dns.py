"""Discovery of instances by DNS: address records, or SRV records with weights."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from random import Random
from typing import Final

from weir.gateway.discovery.dns_client import Resolver
from weir.gateway.discovery.dns_message import Kind, RecordSet, SrvTarget
from weir.gateway.discovery.errors import NoSuchName
from weir.gateway.discovery.instances import instance, merged
from weir.gateway.discovery.policy import DnsPolicy, InstanceSpec

_SHORTEST_S: Final = 1.0
_LONGEST_S: Final = 300.0
_JITTER: Final = 0.1


@dataclass(frozen=True, slots=True)
class Discovered:
    """The current instances, sorted, and the time for which they are valid."""

    instances: tuple[InstanceSpec, ...]
    ttl_s: float


class DnsDiscovery:
    """The discovery of instances under one name."""

    def __init__(self, policy: DnsPolicy, resolver: Resolver, rng: Random) -> None:
        self._policy = policy
        self._resolver = resolver
        self._rng = rng

    async def changes(self) -> AsyncGenerator[tuple[InstanceSpec, ...], None]:
        while True:
            found = await self.look_up()
            yield found.instances
            valid_s = min(max(found.ttl_s, _SHORTEST_S), _LONGEST_S)
            await asyncio.sleep(valid_s * self._rng.uniform(1.0, 1.0 + _JITTER))

    async def look_up(self) -> Discovered:
        """Return the current instances; raise a DiscoveryError."""
        if self._policy.records == "srv":
            return await self._by_service()
        found = await self._addresses(self._policy.name)
        specs = self._specs(found, self._policy.port, 1)
        return Discovered(merged(specs), found.ttl_s)

    async def _by_service(self) -> Discovered:
        """Return the targets of the lowest priority (RFC 2782).

        A weight of 0 counts as 1. With a target of ".", the service is not available.
        """
        services = await self._resolver.query(self._policy.name, "SRV")
        records = (each for each in services.records if isinstance(each, SrvTarget))
        targets = [each for each in records if each.host]
        if not targets:
            message = (
                f"{self._policy.name} is not available: its SRV record has no target"
            )
            raise NoSuchName(message)
        first = min(target.priority for target in targets)
        chosen = [target for target in targets if target.priority == first]
        addresses = await asyncio.gather(*(self._addresses(one.host) for one in chosen))
        specs = [
            spec
            for target, found in zip(chosen, addresses, strict=True)
            for spec in self._specs(found, target.port, max(1, target.weight))
        ]
        ttl_s = min(services.ttl_s, *(found.ttl_s for found in addresses))
        return Discovered(merged(specs), ttl_s)

    async def _addresses(self, host: str) -> RecordSet:
        """Return the addresses of both families; raise NoSuchName if there are none."""
        kinds: tuple[Kind, ...] = ("A", "AAAA")
        found: list[RecordSet] = []
        for kind in kinds:
            try:
                found.append(await self._resolver.query(host, kind))
            except NoSuchName:
                continue
        if not found:
            message = f"{host} has no address"
            raise NoSuchName(message)
        records = tuple(record for each in found for record in each.records)
        return RecordSet(records, min(each.ttl_s for each in found))

    def _specs(
        self, found: RecordSet, port: int, weight: int
    ) -> Iterable[InstanceSpec]:
        for address in found.records:
            assert isinstance(address, str), "address records are addresses"
            yield instance(self._policy.scheme, address, port, weight)
