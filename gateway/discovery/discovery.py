"""The interface of discovery."""

from collections.abc import AsyncGenerator
from typing import Protocol

from weir.gateway.discovery.policy import InstanceSpec


class Discovery(Protocol):
    """The source of the instances of one upstream."""

    def changes(self) -> AsyncGenerator[tuple[InstanceSpec, ...], None]:
        """Yield the instances, sorted, and again whenever they may have changed.

        The end of the generator means that its user shall begin again. Raise a
        `DiscoveryError` on failure.
        """
        ...
