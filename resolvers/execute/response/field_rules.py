"""The rules of a façade for fields of its responses, by coordinate.

A rule limits a field for a device:

    most_items       a list has its first items only
    most_graphemes   a text is cut

and decides about a field that fails:

    StandIn       a value in place of null
    FAILS         the whole response fails
    stale_s       the field of an earlier response of the same service, within this time

Without a rule, a field that fails is null, or the nearest nullable parent is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final, TypeAlias

from weir.gateway.json_types import JSONValue
from weir.resolvers.sources.stale import Windows


class Fails(Enum):
    """The rule by which a failing field fails the whole response."""

    FAILS = auto()


@dataclass(frozen=True, slots=True)
class StandIn:
    """The value that a failing field has in place of null."""

    value: JSONValue


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """The rule of one field; `most_graphemes` count an ellipsis."""

    degraded: StandIn | Fails | None = None
    stale_s: float = 0.0
    most_items: int | None = None
    most_graphemes: int | None = None


FieldRules: TypeAlias = Mapping[str, FieldRule]
"""Rules by coordinates of object and interface types, such as `Title.reviews`."""

NO_RULES: Final[FieldRules] = {}


def windows(rules: FieldRules) -> Windows:
    """Return the seconds for which fields may be stale, by coordinate."""
    return {name: rule.stale_s for name, rule in rules.items() if rule.stale_s}


def merged(first: FieldRules, second: FieldRules) -> FieldRules:
    """Return the rules of both: one that fails, and limits of a device."""
    both = {
        coordinate: replace(
            rule,
            most_items=second[coordinate].most_items,
            most_graphemes=second[coordinate].most_graphemes,
        )
        for coordinate, rule in first.items()
        if coordinate in second
    }
    return {**first, **second, **both}
