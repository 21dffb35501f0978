"""Listings of sources, which one process sends to others."""

from dataclasses import dataclass
from typing import Final

from weir.gateway.discovery.policy import InstanceSpec

NO_INSTANCES: Final = "the source has no instances"
LOOKUP_FAILED: Final = "the lookup failed"


@dataclass(frozen=True, slots=True)
class Listing:
    """The instances that a source has listed last.

    `failure` is the reason why it lists none now, or empty.
    """

    instances: tuple[InstanceSpec, ...]
    failure: str = ""
