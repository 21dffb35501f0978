"""The bytes of a response by field, and the service that each field is from.

Each byte counts for one field. A field has its key with colon and comma, the value of a
leaf, and the brackets of an object or a list. An object has one comma less than it has
fields, so that it counts for one bracket less. A new field has its own bytes then, and
changes those of no other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import orjson

from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.resolvers.execute.executable import Executable
from weir.resolvers.execute.response.positions import (
    AbstractOf,
    FieldSelection,
    Kind,
    ListOf,
    ObjectOf,
    ObjectSelection,
)
from weir.resolvers.plan.model.expected import ExpectedFields
from weir.resolvers.plan.model.nodes import Key, Plan, ResponsePath

KeyPath: TypeAlias = tuple[str, ...]

_COLON_AND_COMMA: Final = 2
_BRACKETS: Final = 2


@dataclass(frozen=True, slots=True)
class FieldBytes:
    """The bytes of one field of a response, all of its occurrences together.

    `path` has response keys without the indexes of lists. `coordinate` and `service`
    are "" if they are not known.
    """

    path: str
    coordinate: str
    service: str
    bytes: int


def field_bytes(
    data: JSONObject, executable: Executable, variables: JSONObject
) -> tuple[FieldBytes, ...]:
    """Return the bytes of each field of `data`, in the order of the response.

    Their sum, and a byte for the object of the root, is the size of `data` as JSON.
    """
    found = _Bytes(_services(executable.plan))
    found.add_object(data, executable.shape.of(variables).selection, (), ())
    return tuple(
        FieldBytes(".".join(path), *found.origins[path], count)
        for path, count in found.counts.items()
    )


class _Bytes:
    """The bytes so far, by path of response keys."""

    def __init__(self, services: Mapping[KeyPath, str]) -> None:
        self._services = services
        self.counts: dict[KeyPath, int] = {}
        self.origins: dict[KeyPath, tuple[str, str]] = {}

    def add_object(
        self,
        value: JSONObject,
        selection: ObjectSelection | None,
        path: KeyPath,
        keys: KeyPath,
    ) -> None:
        """Add the fields of an object; `keys` is its canonical path."""
        fields: dict[str, FieldSelection] = {}
        if selection is not None:
            fields = {each.response_key: each for each in selection.fields}
        for name, each in value.items():
            field = fields.get(name)
            below = (*path, name)
            canonical = (*keys, field.key if field else name)
            if below not in self.counts:
                self.counts[below] = 0
                coordinate = field.position.coordinate if field else ""
                service = self._services.get(canonical, "")
                self.origins[below] = coordinate, service
            self.counts[below] += _size(name) + _COLON_AND_COMMA
            self._add_value(
                each, field.position.kind if field else None, below, canonical
            )

    def _add_value(
        self, value: JSONValue, kind: Kind | None, path: KeyPath, keys: KeyPath
    ) -> None:
        if is_list(value) and isinstance(kind, ListOf):
            item = kind.item.kind
            self.counts[path] += _BRACKETS + max(0, len(value) - 1)
            for each in value:
                self._add_value(each, item, path, keys)
        elif is_object(value) and kind is not None and _is_composite(kind):
            self.counts[path] += _BRACKETS - bool(value)
            self.add_object(value, _selection(value, kind), path, keys)
        else:
            self.counts[path] += _size(value)


def _is_composite(kind: Kind) -> bool:
    return isinstance(kind, ObjectOf | AbstractOf)


def _selection(value: JSONObject, kind: Kind) -> ObjectSelection | None:
    """Return the selection of an object; of an abstract type, one with its fields."""
    if isinstance(kind, ObjectOf):
        return kind.selection
    assert isinstance(kind, AbstractOf), "a composite is an object or an abstract type"
    candidates = kind.selections.all()
    typename = value.get("__typename")
    named = kind.selections.named(typename) if isinstance(typename, str) else None
    return named or next(
        (each for each in candidates if each.template.keys() == value.keys()), None
    )


def _size(value: JSONValue) -> int:
    return len(orjson.dumps(value))


def _services(plan: Plan) -> Mapping[KeyPath, str]:
    """Return the service that each canonical path is fetched from first."""
    found: dict[KeyPath, str] = {}
    for fetch in plan.fetches:
        if not fetch.entities:
            _add_paths(found, _keys(fetch.path), fetch.expected, fetch.subgraph)
            continue
        selections = {each.key: each.selection for each in fetch.expected.fields}
        for entity in fetch.entities:
            if (selection := selections[entity.alias]) is not None:
                _add_paths(found, _keys(entity.path), selection, fetch.subgraph)
    return found


def _keys(path: ResponsePath) -> KeyPath:
    return tuple(each.name for each in path if isinstance(each, Key))


def _add_paths(
    found: dict[KeyPath, str], at: KeyPath, selection: ExpectedFields, service: str
) -> None:
    for path in _paths(at, selection):
        found.setdefault(path, service)


def _paths(at: KeyPath, selection: ExpectedFields) -> Iterator[KeyPath]:
    for field in selection.fields:
        yield (*at, field.key)
        if field.selection is not None:
            yield from _paths((*at, field.key), field.selection)
    for fragment in selection.fragments:
        yield from _paths(at, fragment.selection)
