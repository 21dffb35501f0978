"""The client's paths of the values that the error paths of a reply lead to.

The paths of a subgraph are those of its own document: they begin with Weir's
`_entities` aliases and have the document's keys. One entity can be merged into many
objects. The locations are only computed after a failure, once per call.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.execute.response.client_locations import (
    ClientLocation,
    client_locations,
)
from weir.resolvers.execute.response.paths import ClientPath, common_prefix
from weir.resolvers.execute.response.positions import ObjectSelection
from weir.resolvers.execute.response.selected_keys import (
    SelectedKeys,
    selected_by_entities,
    selected_by_root,
)
from weir.resolvers.execute.run.collect import ConcretePath, locate
from weir.resolvers.execute.run.step import Call, Step
from weir.resolvers.plan.model.nodes import ResponsePath

MAX_PATH = 256
"""The limit of segments of an error's path; no response is so deep."""
MAX_LOCATIONS = 1_000
"""The limit of locations of one call; an entity can be in thousands of objects."""
_ENTITY = 2  # The path of an entity: its alias, and its index.


class ObjectsOfCall(NamedTuple):
    """The objects of one selection of a fetch: entities, or the root.

    `by_index` has the objects of each representation.
    """

    alias: str
    path: ResponsePath
    by_index: Sequence[Sequence[JSONObject]]
    selected: SelectedKeys

    @property
    def all(self) -> list[JSONObject]:
        return [value for values in self.by_index for value in values]


class FoundObjects(NamedTuple):
    """The target of an error's path: objects of the call, and the path below them."""

    values: Sequence[JSONObject]
    rest: ConcretePath
    selected: SelectedKeys


def objects_of_call(step: Step, call: Call, root: JSONObject) -> list[ObjectsOfCall]:
    """Return the objects of a call, for each of its entity fetches."""
    fetch = step.fetch
    if not fetch.entities:
        # All of them have one reply, as objects with the same representation do.
        objects = [[value for value, _ in locate(root, fetch.path)]]
        return [ObjectsOfCall("", fetch.path, objects, selected_by_root(fetch))]
    parts = zip(fetch.entities, call.batches, selected_by_entities(fetch), strict=True)
    return [
        ObjectsOfCall(each.alias, each.path, batch.targets, selected)
        for each, batch, selected in parts
    ]


class LocatedObjects:
    """The objects of a response with their paths, found once for all failed calls."""

    def __init__(self, root: JSONObject) -> None:
        self.root = root
        self._at: dict[ResponsePath, dict[int, list[ConcretePath]]] = {}

    def at(self, path: ResponsePath) -> Mapping[int, Sequence[ConcretePath]]:
        """Return the paths of objects by identity, which merging does not change."""
        known = self._at.get(path)
        if known is None:
            located: defaultdict[int, list[ConcretePath]] = defaultdict(list)
            for value, concrete in locate(self.root, path):
                located[id(value)].append(concrete)
            known = self._at[path] = dict(located)
        return known


class ErrorLocations:
    """The locations of one call's objects."""

    def __init__(
        self,
        step: Step,
        objects: Sequence[ObjectsOfCall],
        shape: ObjectSelection,
        located: LocatedObjects,
    ) -> None:
        self._objects = objects
        self._paths = tuple(dict.fromkeys(own.path for own in objects))
        self._is_root = not step.fetch.entities
        self._canonical = {each.sent: each.key for each in step.fetch.renames}
        self._shape = shape
        self._located = located
        self._root = located.root
        self._left = MAX_LOCATIONS

    def above(self) -> tuple[ClientPath]:
        """Return the path that leads to all objects of the call."""
        return (self._above,)

    def found(self, path: JSONValue) -> FoundObjects | None:
        """Return the objects that a reply's error path leads to or below.

        None if the path is not one that the reply can have.
        """
        if not _is_path(path):
            return None
        if self._is_root:
            return self._below(self._objects[0], 0, path)
        if len(path) >= _ENTITY and path[1].__class__ is int:
            for own in self._objects:
                if own.alias == path[0]:
                    return self._below(own, path[1], path[_ENTITY:])
        return None

    def of(self, found: FoundObjects) -> Sequence[ClientLocation]:
        """Return the client's paths of an error's target.

        The error of a whole object is inexact: it explains the fields that the object
        lacks, not those from other subgraphs. Very many locations are cut off.
        """
        seen = (
            ClientLocation(location.path, exact=location.exact and bool(found.rest))
            for value in found.values
            for at in self._paths_of(value)
            for location in self._seen((*at, *found.rest))
        )
        locations = tuple(dict.fromkeys(islice(seen, self._left)))
        self._left -= len(locations)
        return locations

    def _below(
        self, own: ObjectsOfCall, index: int, rest: Iterable[str | int]
    ) -> FoundObjects | None:
        if not 0 <= index < len(own.by_index):
            return None
        canonical = self._canonical
        return FoundObjects(
            own.by_index[index],
            tuple(
                canonical.get(each, each) if isinstance(each, str) else each
                for each in rest
            ),
            own.selected,
        )

    @cached_property
    def _above(self) -> ClientPath:
        # Objects are located in order: the first and the last of a path span all.
        ends = [at for own in self._objects for at in self._ends(own)]
        return common_prefix([each.path for at in ends for each in self._seen(at)])

    def _ends(self, own: ObjectsOfCall) -> Sequence[ConcretePath]:
        paths = sorted(at for value in own.all for at in self._paths_of(value))
        return (*paths[:1], *paths[-1:])

    def _paths_of(self, value: JSONObject) -> list[ConcretePath]:
        return [
            at
            for path in self._paths
            for at in self._located.at(path).get(id(value), ())
        ]

    def _seen(self, path: ConcretePath) -> Iterable[ClientLocation]:
        return client_locations(self._shape, self._root, path)


def _is_path(path: JSONValue) -> bool:
    return (
        path.__class__ is list
        and len(path) <= MAX_PATH
        and all(segment.__class__ in (str, int) for segment in path)
    )
