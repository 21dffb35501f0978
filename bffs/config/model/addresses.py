"""The model of the client addresses that are served."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, collapse_addresses
from typing import Final, Self

from pydantic import model_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.texts import NetworkText
from weir.gateway.edge.context.client_address import Network, networks

_EVERY: Final = networks(("0.0.0.0/0", "::/0"))


class AddressesSection(Section):
    """Networks of clients that are served, and of those that are not."""

    allow: list[NetworkText] = []
    """Networks that are served; empty allows all."""
    deny: list[NetworkText] = []
    """Networks that are not served, of those that `allow` has."""

    @model_validator(mode="after")
    def _check_effect(self) -> Self:
        if not self.allow and not self.deny:
            message = "expected `allow`, `deny` or both"
            raise ValueError(message)
        allowed = networks(tuple(self.allow)) or _EVERY
        denied = tuple(_collapsed(networks(tuple(self.deny))))
        if all(_is_in(each, denied) for each in allowed):
            message = "no address is served, because `deny` has all that are allowed"
            raise ValueError(message)
        return self


def _collapsed(found: Iterable[Network]) -> Iterator[Network]:
    """Yield the networks, with those that are in or beside each other joined."""
    found = tuple(found)
    yield from collapse_addresses(e for e in found if isinstance(e, IPv4Network))
    yield from collapse_addresses(e for e in found if isinstance(e, IPv6Network))


def _is_in(network: Network, others: Iterable[Network]) -> bool:
    """Return whether all addresses of a network are in one of the others."""
    return any(
        network.network_address in other and network.broadcast_address in other
        for other in others
    )
