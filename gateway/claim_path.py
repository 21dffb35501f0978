"""Reading a claim at a configured path."""

from collections.abc import Mapping

from weir.gateway.json_types import JSONValue, is_mapping


def claim_at(claims: Mapping[str, JSONValue], path: str) -> JSONValue:
    """Return the claim at a path such as `realm.tenant`, or None.

    A claim whose whole name is the path comes first, as names may have dots.
    """
    if path in claims:
        return claims[path]
    value: JSONValue = claims
    for part in path.split("."):
        if not is_mapping(value):
            return None
        value = value.get(part)
    return value
