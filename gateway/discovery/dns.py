"""Finds instances by DNS: address records, or SRV records with weights."""

import asyncio
from collections.abc import Iterable

from weir.gateway.discovery.discovery import Discovered
from weir.gateway.discovery.dns_client import Resolver
from weir.gateway.discovery.dns_message import DnsAnswer, Kind, SrvTarget
from weir.gateway.discovery.errors import NoSuchName
from weir.gateway.discovery.policy import DnsPolicy, InstanceSpec
from weir.gateway.transport.origin import Origin


class DnsDiscovery:
    """Looks one name up."""

    def __init__(self, policy: DnsPolicy, resolver: Resolver) -> None:
        self._policy = policy
        self._resolver = resolver

    async def discover(self) -> Discovered:
        if self._policy.records == "srv":
            return await self._by_service()
        answer = await self._addresses(self._policy.name)
        specs = self._specs(answer, self._policy.port, 1)
        return Discovered(tuple(sorted(specs, key=_url)), answer.ttl_s)

    async def _by_service(self) -> Discovered:
        """RFC 2782: of the priorities, the lowest; weight 0 still gets a little.

        A target of "." says that the service is decidedly not there.
        """
        answer = await self._resolver.query(self._policy.name, "SRV")
        records = (each for each in answer.records if isinstance(each, SrvTarget))
        targets = [each for each in records if each.host]
        if not targets:
            msg = f"{self._policy.name} is not available, says its SRV record"
            raise NoSuchName(msg)
        first = min(target.priority for target in targets)
        chosen = [target for target in targets if target.priority == first]
        places = await asyncio.gather(*(self._addresses(one.host) for one in chosen))
        specs = [
            spec
            for target, place in zip(chosen, places, strict=True)
            for spec in self._specs(place, target.port, max(1, target.weight))
        ]
        ttl_s = min(answer.ttl_s, *(place.ttl_s for place in places))
        return Discovered(tuple(sorted(specs, key=_url)), ttl_s)

    async def _addresses(self, host: str) -> DnsAnswer:
        """Return the addresses of both families; it is enough to have one."""
        kinds: tuple[Kind, ...] = ("A", "AAAA")
        found: list[DnsAnswer] = []
        for kind in kinds:
            try:
                found.append(await self._resolver.query(host, kind))
            except NoSuchName:
                continue
        if not found:
            msg = f"{host} has no address"
            raise NoSuchName(msg)
        records = tuple(record for answer in found for record in answer.records)
        return DnsAnswer(records, min(answer.ttl_s for answer in found))

    def _specs(
        self, answer: DnsAnswer, port: int, weight: int
    ) -> Iterable[InstanceSpec]:
        for address in answer.records:
            assert isinstance(address, str), "address records are addresses"
            url = Origin(self._policy.scheme, address, port).url
            yield InstanceSpec(url, weight)


def _url(spec: InstanceSpec) -> str:
    return spec.url
