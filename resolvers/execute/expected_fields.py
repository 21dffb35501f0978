"""The response keys that a service must not leave out.

A service has to return every field that a fetch selects, null if need be. A reply that
lacks fields is malformed, and what it lacks must not be taken for null. Only the first
level is checked, and only fields that no condition can switch off.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from resolvers.plan.expected import ExpectedFields


@dataclass(frozen=True, slots=True)
class RequiredKeys:
    """The keys that a reply must have, whatever the variables are.

    `root` are those of its data, `entities` those of an entity, by the alias of its
    `_entities` field and the type that it was represented as.
    """

    root: frozenset[str]
    entities: Mapping[str, Mapping[str, frozenset[str]]]


def required_keys(expected: ExpectedFields) -> RequiredKeys:
    """Return the keys that a reply to the fetch of `expected` must have."""
    return RequiredKeys(
        root=_keys(expected),
        entities={
            field.key: {
                fragment.type_name: _keys(fragment.selection)
                for fragment in field.selection.fragments
            }
            for field in expected.fields
            if field.name == "_entities" and field.selection is not None
        },
    )


def _keys(selection: ExpectedFields) -> frozenset[str]:
    # `__typename` is not missed where nothing depends on it.
    return frozenset(
        field.key
        for field in selection.fields
        if not field.condition and field.name != "__typename"
    )
