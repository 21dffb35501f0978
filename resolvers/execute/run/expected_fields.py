"""The fields that a reply may have, and the fields that it must have.

A service may only write the fields that its fetch selects. Another field could replace
the value of the service that was requested for it: for example, the id of an object, by
which private data is fetched elsewhere. So these fields are removed from a reply before
it is merged, if another fetch writes to the same objects (see `overlaps`). The objects
of one selection set are checked together, level by level.

A service must also return each field that the fetch selects, even if it is null. A
reply that lacks fields is malformed, and the missing fields are not null. This is
checked on the first level, for fields without conditions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.execute.run.overlaps import KeyPath, Overlaps, key_path
from weir.resolvers.plan.model.expected import ExpectedField, ExpectedFields
from weir.resolvers.plan.model.nodes import Fetch

_TYPENAME = "__typename"
_NO_KEYS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ObjectFields:
    """The fields that a fetch selects of objects of one type.

    `keys` are all response keys, and `required` those that do not depend on variables.
    Other fetches write to the same objects if these are `shared`, but not to the same
    fields if they are `exclusive`. `nested` has the composite fields to check, each
    with the number of lists around its objects.
    """

    keys: frozenset[str]
    required: frozenset[str]
    shared: bool
    exclusive: bool
    nested: tuple[tuple[str, int, "Selected"], ...]

    def trim(self, value: JSONObject) -> bool:
        """Remove fields that are not selected from an object and the objects below.

        Return whether all required fields are present.
        """
        keys = value.keys()
        if keys != self.keys:
            for key in keys - self.keys:
                del value[key]
        if self.nested:
            self._trim_below((value,))
        return keys >= self.required

    def trim_all(self, objects: Sequence[JSONObject]) -> bool:
        """Trim objects; return whether all have the required fields."""
        self._drop_unselected(objects)
        if self.nested:
            self._trim_below(objects)
        if sum(map(len, objects)) == len(objects) * len(self.keys):
            return True
        return all(each.keys() >= self.required for each in objects)

    def trim_entities(
        self, found: Iterable[JSONValue], sent: Iterable[JSONObject]
    ) -> bool:
        """Trim the objects among the entities of the representations `sent`."""
        del sent
        return self.trim_all([each for each in found if each.__class__ is dict])

    def trim_nested(self, objects: Sequence[JSONObject]) -> None:
        """Trim objects below the first level, which have no required fields."""
        if self.shared:
            self._drop_unselected(objects)
        if self.nested:
            self._trim_below(objects)

    def _drop_unselected(self, objects: Iterable[JSONObject]) -> None:
        keys = self.keys
        # The union is several times faster than a loop, and usually sufficient.
        if not keys.issuperset(_NO_KEYS.union(*objects)):
            for each in objects:
                for key in each.keys() - keys:
                    del each[key]

    def _trim_below(self, objects: Sequence[JSONObject]) -> None:
        for key, depth, selected in self.nested:
            if found := _objects_at(objects, key, depth):
                selected.trim_nested(found)


class AbstractFields:
    """The fields of objects of different types, by type."""

    exclusive = False

    __slots__ = ("_by_type", "_position", "_selections", "_types")

    def __init__(
        self, selections: Sequence[ExpectedFields], position: "_WritePosition"
    ) -> None:
        self._selections = selections
        self._position = position
        self._types = frozenset(_types(selections))
        self._by_type: dict[str | None, ObjectFields] = {}

    def trim_entities(
        self, found: Iterable[JSONValue], sent: Iterable[JSONObject]
    ) -> bool:
        """Trim the objects among the entities of the representations `sent`."""
        is_complete = True
        for entity, representation in zip(found, sent, strict=True):
            if entity.__class__ is dict:
                # An entity may be more specific than its representation.
                name = self._known_type(entity) or self._known_type(representation)
                is_complete = self._of_type(name).trim(entity) and is_complete
        return is_complete

    def trim_nested(self, objects: Iterable[JSONObject]) -> None:
        """Trim objects below the first level, which have no required fields."""
        groups: dict[str | None, list[JSONObject]] = {}
        for each in objects:
            groups.setdefault(self._known_type(each), []).append(each)
        for name, group in groups.items():
            self._of_type(name).trim_nested(group)

    def _known_type(self, value: JSONObject) -> str | None:
        name = value.get(_TYPENAME)
        return name if name.__class__ is str and name in self._types else None

    def _of_type(self, name: str | None) -> ObjectFields:
        fields = self._by_type.get(name)
        if fields is None:
            # Created for the first object of a type: an interface may have hundreds.
            fields = _object_fields(self._selections, name, self._position)
            self._by_type[name] = fields
        return fields


Selected: TypeAlias = ObjectFields | AbstractFields


def root_fields(fetch: Fetch, overlaps: Overlaps) -> ObjectFields:
    """Return the fields of the data of a root fetch."""
    position = _WritePosition(key_path(fetch.path), overlaps, _canonical(fetch))
    return _object_fields((fetch.expected,), None, position)


def entity_fields(fetch: Fetch, overlaps: Overlaps) -> tuple[Selected, ...]:
    """Return the fields of the entities of a fetch, in the order of its entities."""
    selections = {field.key: field.selection for field in fetch.expected.fields}
    canonical = _canonical(fetch)
    return tuple(
        _of_entities(
            selections[each.alias],
            _WritePosition(key_path(each.path), overlaps, canonical),
        )
        for each in fetch.entities
    )


def _of_entities(
    selection: ExpectedFields | None, position: "_WritePosition"
) -> Selected:
    assert selection is not None, "entities are objects"
    if len(selection.fragments) == 1:
        (fragment,) = selection.fragments
        if fragment.types == (fragment.type_name,):
            return _object_fields((selection,), fragment.type_name, position)
    return AbstractFields((selection,), position)


@dataclass(frozen=True, slots=True)
class _WritePosition:
    """A position of the response that one fetch writes to."""

    path: KeyPath
    overlaps: Overlaps
    canonical: Mapping[str, str]

    def below(self, key: str) -> "_WritePosition":
        path = (*self.path, self.canonical.get(key, key))
        return _WritePosition(path, self.overlaps, self.canonical)

    @property
    def needs_check(self) -> bool:
        return self.path in self.overlaps.objects or self.path in self.overlaps.above


def _canonical(fetch: Fetch) -> Mapping[str, str]:
    return {each.sent: each.key for each in fetch.renames}


def _object_fields(
    selections: Iterable[ExpectedFields],
    type_name: str | None,
    position: _WritePosition,
) -> ObjectFields:
    by_key: dict[str, list[ExpectedField]] = {}
    for field in _fields(selections, type_name):
        by_key.setdefault(field.key, []).append(field)
    return ObjectFields(
        keys=frozenset(by_key),
        required=frozenset(key for key, same in by_key.items() if _is_required(same)),
        shared=position.path in position.overlaps.objects,
        exclusive=all(
            position.below(key).path not in position.overlaps.fields for key in by_key
        ),
        nested=tuple(_nested(by_key, position)),
    )


def _fields(
    selections: Iterable[ExpectedFields], type_name: str | None
) -> Iterator[ExpectedField]:
    for selection in selections:
        yield from selection.fields
        for fragment in selection.fragments:
            if type_name == fragment.type_name or type_name in fragment.types:
                yield from _fields((fragment.selection,), type_name)


def _is_required(same: Iterable[ExpectedField]) -> bool:
    # `__typename` is not required, because an object may not depend on it.
    return any(not each.condition and each.name != _TYPENAME for each in same)


def _nested(
    by_key: Mapping[str, Sequence[ExpectedField]], position: _WritePosition
) -> Iterator[tuple[str, int, Selected]]:
    for key, same in by_key.items():
        selections = [each.selection for each in same if each.selection is not None]
        below = position.below(key)
        if selections and below.needs_check:
            yield key, same[0].type.count("["), _selected(selections, below)


def _selected(
    selections: Sequence[ExpectedFields], position: _WritePosition
) -> Selected:
    if any(each.fragments for each in selections):
        return AbstractFields(selections, position)
    return _object_fields(selections, None, position)


def _types(selections: Iterable[ExpectedFields]) -> Iterator[str]:
    for selection in selections:
        for fragment in selection.fragments:
            yield fragment.type_name
            yield from fragment.types
            yield from _types((fragment.selection,))


def _objects_at(
    objects: Iterable[JSONObject], key: str, depth: int
) -> list[JSONObject]:
    """Return the objects at `key`, inside `depth` levels of lists."""
    value: JSONValue
    if depth == 0:
        return [value for each in objects if (value := each.get(key)).__class__ is dict]
    lists: list[list[JSONValue]] = [
        value for each in objects if (value := each.get(key)).__class__ is list
    ]
    for _ in range(depth - 1):
        lists = [item for items in lists for item in items if item.__class__ is list]
    return [item for items in lists for item in items if item.__class__ is dict]
