"""Lists of client addresses that a route serves, or does not."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from weir.gateway.clients.network import parse_address
from weir.gateway.edge.context.client_address import Network
from weir.gateway.edge.origin import Origin
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.steps import Guard, Steps
from weir.gateway.errors import AddressNotAllowed

_REMEMBERED_ADDRESSES: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPolicy:
    """The networks of clients: those in `deny` are rejected, the others need `allow`.

    Without `allow`, all networks are allowed.
    """

    allow: tuple[Network, ...] = ()
    deny: tuple[Network, ...] = ()

    def allows(self, address: str) -> bool:
        """Return whether a client of this address is served.

        A text that is not an address, such as that of a Unix socket, is in no network.
        """
        parsed = parse_address(address)
        if parsed is None:
            return not self.allow
        if any(parsed in network for network in self.deny):
            return False
        return not self.allow or any(parsed in network for network in self.allow)


def address_steps(policy: AddressPolicy) -> Steps:
    """Return the steps of a route with `policy`."""
    return Steps(guards=(_guard(policy),))


def _guard(policy: AddressPolicy) -> Guard:
    allows = lru_cache(_REMEMBERED_ADDRESSES)(policy.allows)

    def guard(head: RequestHead, origin: Origin) -> None:
        del head
        if not allows(origin.address):
            raise AddressNotAllowed

    return guard
