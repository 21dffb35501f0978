"""The arguments whose values were above the maximum of a device, for clients."""

from collections.abc import Iterable

from weir.gateway.json_types import JSONObject
from weir.resolvers.operation.variables.device_arguments import Clamped


def clamped_arguments(clamped: Iterable[Clamped]) -> list[JSONObject]:
    """Return the coordinate, the requested value and the maximum of each."""
    return [
        {
            "argument": str(each.coordinate),
            "requested": each.requested,
            "maximum": each.maximum,
        }
        for each in clamped
    ]
