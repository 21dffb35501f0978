"""The place of a client, and the header fields that name it for services."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from weir.gateway.edge.request import RequestHead
from weir.gateway.headers import Headers

PlaceField = Literal["country", "region", "asn"]


@dataclass(frozen=True, slots=True)
class Place:
    """The country and the region (ISO 3166), and the number of the network.

    A part that is not known is "" or 0. A region has its country, as in "DE-BY".
    """

    country: str = ""
    region: str = ""
    asn: int = 0

    def header_fields(self, sent: tuple[PlaceField, ...]) -> Headers:
        """Return the fields for services, of the known parts among those to send."""
        values = {
            "country": self.country,
            "region": self.region,
            "asn": str(self.asn or ""),
        }
        return tuple(
            (b"x-client-" + name.encode(), values[name].encode())
            for name in sent
            if values[name]
        )


UNKNOWN = Place()

PlaceOf: TypeAlias = Callable[[RequestHead], Place]
"""A function that returns the place of the client of a request."""


def nowhere(head: RequestHead) -> Place:
    """Return the place of a client of which nothing is known."""
    del head
    return UNKNOWN
