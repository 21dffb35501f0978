"""The interface of discovery."""

from dataclasses import dataclass
from typing import Protocol

from weir.gateway.discovery.policy import InstanceSpec


@dataclass(frozen=True, slots=True)
class Discovered:
    """The current instances, sorted, and the time for which they are valid."""

    instances: tuple[InstanceSpec, ...]
    ttl_s: float


class Discovery(Protocol):
    """The source of the instances of one upstream."""

    async def discover(self) -> Discovered:
        """Return the current instances; raise a `DiscoveryError` on failure."""
        ...
