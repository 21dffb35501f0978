"""Objects become representations, each sent once however many objects share it.

Many objects of one response are the same entity: the author of forty reviews, the
product of each. Objects are compared by what identifies their representation before
any is built; `EntityBatch` remembers which objects wait for which.

An object is not represented at all where a needed value is missing (its fetch failed,
or was skipped), where a nested object of its key is null, or where nothing in its key
has a value. Null elsewhere is a value like any other, and is passed on.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

import orjson

from resolvers.json_types import JSONObject, JSONValue
from resolvers.plan.nodes import (
    EntityFetch,
    Representation,
    RequiredField,
    RequiredSelection,
)

_MISSING = object()
_TYPENAME = "__typename"


@dataclass(slots=True)
class EntityBatch:
    """The representations of one `_entities` field; `targets` are index by index."""

    representations: list[JSONObject] = field(default_factory=list[JSONObject])
    targets: list[list[JSONObject]] = field(default_factory=list[list[JSONObject]])

    def __bool__(self) -> bool:
        return bool(self.representations)


@dataclass(frozen=True, slots=True)
class Representer:
    """Represents the objects of one entity fetch."""

    fetch: EntityFetch
    by_type: Mapping[str, Representation]
    of_any: Representation | None
    """For every object that `by_type` does not know, typed or not."""

    def batch(self, sources: Iterable[JSONObject]) -> EntityBatch:
        """Represent those of `sources` that can be."""
        batch = EntityBatch()
        index_of: dict[Hashable, int] = {}
        for source in sources:
            representation = self._representation(source)
            if representation is None:
                continue
            identity = _identity(representation, source)
            if identity is None:
                continue
            index = index_of.setdefault(identity, len(index_of))
            if index < len(batch.targets):
                batch.targets[index].append(source)
            else:
                batch.targets.append([source])
                batch.representations.append(_build(representation, source))
        return batch

    def _representation(self, source: JSONObject) -> Representation | None:
        typename = source.get(_TYPENAME)
        if not isinstance(typename, str):
            return self.of_any
        return self.by_type.get(typename, self.of_any)


def representer(fetch: EntityFetch) -> Representer:
    """Prepare one entity fetch, once per plan."""
    of_any = [each for each in fetch.representations if not each.types]
    return Representer(
        fetch=fetch,
        by_type={name: each for each in fetch.representations for name in each.types},
        of_any=of_any[0] if of_any else None,
    )


def _identity(representation: Representation, source: JSONObject) -> Hashable | None:
    """Say what makes this representation equal to another; None if it has gaps."""
    typename = representation.typename or source[_TYPENAME]
    values: list[Hashable] = [typename]
    if not _identify_all(representation.key, source, values, nullable=False):
        return None
    if values.count(None) == len(values) - 1:
        return None
    if not _identify_all(representation.requires, source, values, nullable=True):
        return None
    return tuple(values)


def _identify_all(
    selections: Iterable[RequiredSelection],
    source: JSONObject,
    values: list[Hashable],
    *,
    nullable: bool,
) -> bool:
    """Append what `selections` read of `source`; False where something is missing."""
    for selection in selections:
        if isinstance(selection, RequiredField):
            value = source.get(selection.key, _MISSING)
            if value is _MISSING:
                return False
            if not selection.selections:
                values.append(_leaf_identity(value))
            elif not _identify(selection, value, values, nullable=nullable):
                return False
        elif source.get(_TYPENAME) in selection.types and not _identify_all(
            selection.selections, source, values, nullable=nullable
        ):
            return False
    return True


def _identify(
    required: RequiredField,
    value: JSONValue,
    values: list[Hashable],
    *,
    nullable: bool,
) -> bool:
    if value.__class__ is dict:
        # Fragments may read different fields of objects of different types.
        values.append(value.get(_TYPENAME))
        return _identify_all(required.selections, value, values, nullable=nullable)
    if value.__class__ is list:
        values.append(len(value))
        return all(
            _identify(required, item, values, nullable=nullable) for item in value
        )
    values.append(None)
    return value is None and nullable


def _leaf_identity(value: JSONValue) -> Hashable:
    """Tell 1 from true and 1.0, which Python holds for equal; hash lists, objects."""
    if value.__class__ is str or value.__class__ is int or value is None:
        identity: Hashable = value
        return identity
    return orjson.dumps(value)


def _build(representation: Representation, source: JSONObject) -> JSONObject:
    built = {_TYPENAME: representation.typename or source[_TYPENAME]}
    _read_into(built, representation.key, source)
    _read_into(built, representation.requires, source)
    return built


def _read_into(
    built: JSONObject, selections: Iterable[RequiredSelection], source: JSONObject
) -> None:
    for selection in selections:
        if not isinstance(selection, RequiredField):
            if source.get(_TYPENAME) in selection.types:
                _read_into(built, selection.selections, source)
        elif selection.selections:
            value = _read(selection, source[selection.key], built.get(selection.name))
            built[selection.name] = value
        else:
            built[selection.name] = source[selection.key]


def _read(required: RequiredField, value: JSONValue, begun: JSONValue) -> JSONValue:
    """Read a nested value; `begun` is what the key has read of the same field."""
    if value.__class__ is list:
        items = begun if begun.__class__ is list else [None] * len(value)
        return [
            _read(required, item, part) for item, part in zip(value, items, strict=True)
        ]
    if value is None:
        return None
    nested: JSONObject = begun if begun.__class__ is dict else {}
    _read_into(nested, required.selections, value)
    return nested
