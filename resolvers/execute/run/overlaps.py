"""The parts of the response that several fetches of a plan write to.

A value that a fetch did not select is harmless if no other fetch writes to the object,
because fields that are not selected are not read. So replies are only checked where
fetches overlap, and most of a large reply is not checked.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from weir.resolvers.plan.model.expected import ExpectedFields
from weir.resolvers.plan.model.nodes import Fetch, Key, ResponsePath

KeyPath: TypeAlias = tuple[str, ...]
"""Canonical keys from the root of the response, without lists and types."""


@dataclass(frozen=True, slots=True)
class Overlaps:
    """The objects and fields that several fetches write to.

    `objects` and `fields` are their paths. `above` are the paths of the parents of such
    objects.
    """

    objects: frozenset[KeyPath]
    fields: frozenset[KeyPath]
    above: frozenset[KeyPath]


def overlaps(fetches: Iterable[Fetch]) -> Overlaps:
    """Return the parts of the response that several fetches of a plan write to."""
    objects, fields = Counter[KeyPath](), Counter[KeyPath]()
    for fetch in fetches:
        canonical = {each.sent: each.key for each in fetch.renames}
        for at, selection in _written_by(fetch):
            written = dict(_fields(selection, at, canonical))
            fields.update(written.keys())
            objects.update(
                [at, *(path for path, is_leaf in written.items() if not is_leaf)]
            )
    shared = _several(objects)
    above = frozenset(path[:end] for path in shared for end in range(len(path)))
    return Overlaps(shared, _several(fields), above)


def key_path(path: ResponsePath) -> KeyPath:
    """Return the keys of a path."""
    return tuple(segment.name for segment in path if isinstance(segment, Key))


def _several(counted: Counter[KeyPath]) -> frozenset[KeyPath]:
    return frozenset(path for path, count in counted.items() if count > 1)


def _written_by(fetch: Fetch) -> Iterator[tuple[KeyPath, ExpectedFields]]:
    """Yield the selections of a fetch with their paths, one for each entity fetch."""
    if not fetch.entities:
        yield key_path(fetch.path), fetch.expected
        return
    at = {entities.alias: key_path(entities.path) for entities in fetch.entities}
    for field in fetch.expected.fields:
        if field.key in at and field.selection is not None:
            yield at[field.key], field.selection


def _fields(
    selection: ExpectedFields, at: KeyPath, canonical: Mapping[str, str]
) -> Iterator[tuple[KeyPath, bool]]:
    """Yield the path of each field at and below a path, and whether it is a leaf."""
    for field in selection.fields:
        path = (*at, canonical.get(field.key, field.key))
        yield path, field.selection is None
        if field.selection is not None:
            yield from _fields(field.selection, path, canonical)
    for fragment in selection.fragments:
        yield from _fields(fragment.selection, at, canonical)
