"""Instances as sources describe them: verified, merged and sorted."""

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from weir.gateway.discovery.errors import InvalidResponse
from weir.gateway.discovery.policy import InstanceSpec, Scheme
from weir.gateway.transport.origin import Origin, parse_origin

_HOST: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}|[0-9A-Fa-f:.]{2,45}")
_MOST_INSTANCES: Final = 5_000
_LARGEST: Final = 65_535
"""The largest port, and the largest weight (RFC 2782)."""


class WrittenInstance(Struct, frozen=True, forbid_unknown_fields=True):
    """An instance as an operator writes it, as in weir.yaml."""

    url: str
    weight: int = 1


def written_instance(written: WrittenInstance | str) -> InstanceSpec:
    """Return the instance that is written, with or without a weight.

    Raise InvalidResponse.
    """
    if isinstance(written, str):
        written = WrittenInstance(written)
    try:
        origin = parse_origin(written.url)
    except ValueError as error:
        raise InvalidResponse(str(error)) from error
    return _spec(origin, written.weight)


def instance(scheme: Scheme, host: str, port: int, weight: int = 1) -> InstanceSpec:
    """Return the instance at a host and a port; raise InvalidResponse."""
    return _spec(Origin(scheme, host, port), weight)


def merged(specs: Iterable[InstanceSpec]) -> tuple[InstanceSpec, ...]:
    """Return each instance once, by URL, with the sum of its weights.

    Raise InvalidResponse if there are too many.
    """
    weights: dict[str, int] = {}
    for spec in specs:
        weights[spec.url] = weights.get(spec.url, 0) + spec.weight
    if len(weights) > _MOST_INSTANCES:
        message = f"there are more than {_MOST_INSTANCES} instances"
        raise InvalidResponse(message)
    return tuple(InstanceSpec(*pair) for pair in sorted(weights.items()))


def _spec(origin: Origin, weight: int) -> InstanceSpec:
    if _HOST.fullmatch(origin.host) is None:
        message = f"{origin.host[:100]!r} is not a host name or an address"
        raise InvalidResponse(message)
    for name, value in (("port", origin.port), ("weight", weight)):
        if not 1 <= value <= _LARGEST:
            message = f"the {name} of {origin.host} is {value}, and not 1 to {_LARGEST}"
            raise InvalidResponse(message)
    return InstanceSpec(origin.url, weight)
