"""The seam to where instances come from."""

from dataclasses import dataclass
from typing import Protocol

from weir.gateway.discovery.policy import InstanceSpec


@dataclass(frozen=True, slots=True)
class Discovered:
    """The instances there are, sorted, and how long this may be relied upon."""

    instances: tuple[InstanceSpec, ...]
    ttl_s: float


class Discovery(Protocol):
    """Finds the instances of one upstream."""

    async def discover(self) -> Discovered:
        """Look now; raises a `DiscoveryError`."""
        ...
