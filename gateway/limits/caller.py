"""The parts of a request by which rate limits count it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from msgspec import Struct

from weir.gateway.clients.network import client_network
from weir.gateway.context import Identity

LONGEST_CACHED: Final = 200
"""Characters of an address or key; longer ones would make the caches large."""


class Caller(Struct, frozen=True):
    """The parts of a request that keys are made of; `address` is the client's.

    `plan` is the name of the caller's plan, where there are plans. `operation` is the
    name of the stored operation that the request runs, where it is known.
    """

    address: str
    headers: Mapping[bytes, bytes]
    identity: Identity
    plan: str = ""
    operation: str = ""

    @property
    def client(self) -> str:
        """The verified identity, or else the network of the address."""
        return self.subject or self.network

    @property
    def subject(self) -> str:
        """The user of a verified credential, or ""."""
        identity = self.identity
        return f"{identity.issuer} {identity.subject}" if identity.subject else ""

    @property
    def network(self) -> str:
        """The address of the client, IPv6 by /64."""
        address = self.address
        if len(address) > LONGEST_CACHED:
            return client_network(address)
        return _cached_network(address)


_cached_network = lru_cache(maxsize=8192)(client_network)
