"""The ports of the instances: two per service, at fixed distances from a base."""

from collections.abc import Iterator
from dataclasses import dataclass

DEFAULT_BASE_PORT = 5100
INSTANCES = 2

OFFSETS = {
    "catalog": 0,
    "users": 10,
    "recommendations": 20,
    "playback": 30,
    "reviews": 40,
}


@dataclass(frozen=True, slots=True)
class Address:
    """The address of an instance: catalog-1 at base + 1, catalog-2 at base + 2."""

    service: str
    number: int
    port: int

    @property
    def name(self) -> str:
        return f"{self.service}-{self.number}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def addresses(base_port: int = DEFAULT_BASE_PORT) -> Iterator[Address]:
    for service, offset in OFFSETS.items():
        for number in range(1, INSTANCES + 1):
            yield Address(service, number, base_port + offset + number)


def environment(base_port: int) -> dict[str, str]:
    """Return the variables from which weir.yaml reads the URLs of the instances."""
    return {
        f"{address.service.upper()}_{address.number}": address.url
        for address in addresses(base_port)
    }
