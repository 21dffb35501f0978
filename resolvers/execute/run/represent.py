"""The representations of objects; objects with equal representations share one.

Many objects of one response are the same entity: the author of forty reviews, the
product of each. Objects are compared by the identity of their representation before any
is built. `EntityBatch` has the objects that wait for each representation.

An object is not represented if a needed value is missing (its fetch failed, or was
skipped), if a nested object of its key is null, or if its key has no value. Other nulls
are ordinary values, and are sent.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from operator import itemgetter
from typing import NamedTuple

import orjson

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.execute.run.collect import collect
from weir.resolvers.plan.model.nodes import (
    EntityFetch,
    Representation,
    RequiredField,
    RequiredSelection,
)

_MISSING = object()
MAX_LISTS = 32
"""The limit of nested lists in a value; no schema has such a type."""
_TYPENAME = "__typename"


class EntityBatch(NamedTuple):
    """The representations of one `_entities` field, and the `targets` of each.

    `gaps` are objects that cannot be represented.
    """

    representations: list[JSONObject]
    targets: list[list[JSONObject]]
    gaps: list[JSONObject]

    def __bool__(self) -> bool:
        return bool(self.representations)

    @property
    def places(self) -> int:
        """The largest number of objects that wait for one representation."""
        return max(map(len, self.targets), default=0)


@dataclass(frozen=True, slots=True)
class Representer:
    """The representation of objects of one entity fetch, by their `__typename`.

    `of_any` is for all objects whose type is unknown or not in `by_type`.
    """

    fetch: EntityFetch
    by_type: Mapping[JSONValue, "_Reader"]
    of_any: "_Reader | None"

    def batch_at(self, root: JSONObject) -> EntityBatch:
        """Represent the objects at the path of the entities."""
        return self.batch(collect(root, self.fetch.path))

    def batch(self, sources: Iterable[JSONObject]) -> EntityBatch:
        """Represent the `sources` that have all needed values."""
        by_type, of_any = self.by_type, self.of_any
        batch = EntityBatch([], [], [])
        index_of: dict[Hashable, int] = {}
        for source in sources:
            name = source.get(_TYPENAME)
            reader = by_type.get(name, of_any) if name.__class__ is str else of_any
            if reader is None:
                continue
            identity = reader.identity(source)
            if identity is None:
                batch.gaps.append(source)
                continue
            index = index_of.get(identity)
            if index is None:
                index_of[identity] = len(index_of)
                batch.targets.append([source])
                batch.representations.append(reader.build(source))
            else:
                batch.targets[index].append(source)
        return batch

    def missing_fields(self, source: JSONObject) -> Iterator[tuple[JSONObject, str]]:
        """Yield the fields without a value that a representation needs."""
        name = source.get(_TYPENAME)
        known = self.by_type.get(name) if name.__class__ is str else None
        if reader := known or self.of_any:
            representation = reader.representation
            yield from _missing_fields(representation.key, source)
            yield from _missing_fields(representation.requires, source)


def _missing_fields(
    selections: Iterable[RequiredSelection], source: JSONValue
) -> Iterator[tuple[JSONObject, str]]:
    pending = [(selections, source)]
    while pending:
        selected, value = pending.pop()
        if value.__class__ is list:
            pending += [(selected, item) for item in value]
        elif value.__class__ is dict:
            for selection in selected:
                if not isinstance(selection, RequiredField):
                    pending.append((selection.selections, value))
                elif value.get(selection.key) is None:
                    yield value, selection.key
                else:
                    pending.append((selection.selections, value[selection.key]))


def representer(fetch: EntityFetch) -> Representer:
    """Prepare one entity fetch, once per plan."""
    readers = [
        _reader(each, number) for number, each in enumerate(fetch.representations)
    ]
    return Representer(
        fetch=fetch,
        by_type={
            name: reader for reader in readers for name in reader.representation.types
        },
        of_any=next(
            (reader for reader in readers if not reader.representation.types), None
        ),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """The reader of the representations of one kind; `number` identifies it.

    If all fields are leaves, `read_leaves` reads them at once.
    """

    representation: Representation
    number: int
    read_leaves: Callable[[JSONObject], tuple[JSONValue, ...]] | None

    def identity(self, source: JSONObject) -> Hashable | None:
        """Return the identity of a representation, or None if a value is missing."""
        if self.read_leaves is not None:
            try:
                values = self.read_leaves(source)
            except KeyError:
                return None
            for value in values:
                if value.__class__ is not str and value.__class__ is not int:
                    break
            else:
                return values if self.number == 0 else (self.number, values)
        return self._checked_identity(source)

    def _checked_identity(self, source: JSONObject) -> Hashable | None:
        values: list[Hashable] = []
        key, requires = self.representation.key, self.representation.requires
        if not _identify_all(key, source, values, nullable=False):
            return None
        if all(value is None for value in values):
            return None
        if not _identify_all(requires, source, values, nullable=True):
            return None
        typename = self.representation.typename or source[_TYPENAME]
        return (self.number, typename, *values)

    def build(self, source: JSONObject) -> JSONObject:
        representation = self.representation
        built = {_TYPENAME: representation.typename or source[_TYPENAME]}
        _read_into(built, representation.key, source)
        _read_into(built, representation.requires, source)
        return built


def _reader(representation: Representation, number: int) -> _Reader:
    selections = (*representation.key, *representation.requires)
    leaves = [
        selection.key
        for selection in selections
        if isinstance(selection, RequiredField) and not selection.selections
    ]
    if len(leaves) < len(selections) or not leaves:
        return _Reader(representation, number, None)
    if representation.typename is None:
        leaves = [_TYPENAME, *leaves]
    # With only one name, itemgetter would return a value instead of a tuple.
    read = itemgetter(*leaves, leaves[0])
    return _Reader(representation, number, read)


def _identify_all(
    selections: Iterable[RequiredSelection],
    source: JSONObject,
    values: list[Hashable],
    *,
    nullable: bool,
) -> bool:
    """Append the selected values of `source`; return False if a value is missing."""
    for selection in selections:
        if isinstance(selection, RequiredField):
            value = source.get(selection.key, _MISSING)
            if value is _MISSING:
                return False
            if not selection.selections:
                identity = _leaf_identity(value)
                if identity is _MISSING:
                    return False
                values.append(identity)
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
    lists: int = 0,
) -> bool:
    if value.__class__ is dict:
        # Fragments may read different fields of objects of different types.
        values.append(_leaf_identity(value.get(_TYPENAME)))
        return _identify_all(required.selections, value, values, nullable=nullable)
    if value.__class__ is list:
        values.append(len(value))
        return lists < MAX_LISTS and all(
            _identify(required, item, values, nullable=nullable, lists=lists + 1)
            for item in value
        )
    values.append(None)
    return value is None and nullable


def _leaf_identity(value: JSONValue) -> Hashable:
    """Return a value's identity, which is different for 1, 1.0 and true.

    It is `_MISSING` if the value is nested too deep to be encoded as JSON.
    """
    if value.__class__ is str or value.__class__ is int or value is None:
        identity: Hashable = value
        return identity
    try:
        return orjson.dumps(value)
    except TypeError:
        return _MISSING


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
    """Read a nested value; `begun` has the fields that the key selects of it."""
    if value.__class__ is list:
        parts: list[JSONValue] = begun if begun.__class__ is list else []
        return [
            _read(required, item, part)
            for item, part in zip_longest(value, parts[: len(value)])
        ]
    if value is None:
        return None
    nested: JSONObject = begun if begun.__class__ is dict else {}
    _read_into(nested, required.selections, value)
    return nested
