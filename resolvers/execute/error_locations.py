"""Where the objects of one call are, in the response and in the client's eyes."""

from collections import defaultdict
from collections.abc import Iterator

from weir.resolvers.execute.client_path import ClientLocation, client_locations
from weir.resolvers.execute.collect import ConcretePath, locate
from weir.resolvers.execute.failures import ClientPath
from weir.resolvers.execute.projection import ObjectSelection
from weir.resolvers.execute.step import Call, Step
from weir.resolvers.json_types import JSONObject, JSONValue
from weir.resolvers.plan.model.nodes import ResponsePath


class ErrorLocations:
    """The places of one call; located when first asked for."""

    def __init__(
        self, step: Step, call: Call, shape: ObjectSelection, root: JSONObject
    ) -> None:
        self._step = step
        self._call = call
        self._shape = shape
        self._root = root
        self._sent_to_key = {each.sent: each.key for each in step.fetch.renames}
        self._objects: list[dict[int, list[ConcretePath]]] | None = None

    def all(self) -> list[ClientPath]:
        """Return where the client sees the objects that the call was about."""
        return list(
            dict.fromkeys(
                location.path
                for path in self._everything()
                for location in self._seen(path)
            )
        )

    def of(self, path: JSONValue) -> list[ClientLocation]:
        """Return where the client sees what a reply's error path leads to.

        Empty where the path leads nowhere. An error of a whole object is inexact: it
        explains what the object lacks, not what other subgraphs say of it.
        """
        if path.__class__ is not list or not all(
            segment.__class__ in (str, int) for segment in path
        ):
            return []
        if not self._step.fetch.entities:
            rest = self._renamed(path)
            origins = [at for _, at in locate(self._root, self._step.fetch.path)]
        else:
            rest = self._renamed(path[2:])
            origins = self._of_entity(path)
        seen = [each for at in origins for each in self._seen((*at, *rest))]
        return [
            ClientLocation(each.path, exact=each.exact and bool(rest)) for each in seen
        ]

    def _of_entity(self, path: list[JSONValue]) -> list[ConcretePath]:
        aliases = [each.alias for each in self._step.fetch.entities]
        if len(path) < 2 or path[0] not in aliases:  # noqa: PLR2004 - alias and index
            return []
        number, index = aliases.index(path[0]), path[1]
        targets = self._call.batches[number].targets
        if not isinstance(index, int) or not 0 <= index < len(targets):
            return []
        located = self._located()[number]
        # Several targets may be one object, seen in several places.
        distinct = {id(target): None for target in targets[index]}
        return [at for target in distinct for at in located.get(target, ())]

    def _everything(self) -> Iterator[ConcretePath]:
        if not self._step.fetch.entities:
            yield from (at for _, at in locate(self._root, self._step.fetch.path))
            return
        for located, batch in zip(self._located(), self._call.batches, strict=True):
            waiting = {id(target): None for each in batch.targets for target in each}
            for target in waiting:
                yield from located.get(target, ())

    def _located(self) -> list[dict[int, list[ConcretePath]]]:
        if self._objects is None:
            self._objects = [
                _by_object(self._root, each.path) for each in self._step.fetch.entities
            ]
        return self._objects

    def _seen(self, path: ConcretePath) -> Iterator[ClientLocation]:
        return client_locations(self._shape, self._root, path)

    def _renamed(self, path: list[str | int]) -> ConcretePath:
        return tuple(
            self._sent_to_key.get(segment, segment)
            if isinstance(segment, str)
            else segment
            for segment in path
        )


def _by_object(root: JSONObject, path: ResponsePath) -> dict[int, list[ConcretePath]]:
    """Locate objects by identity: merging keeps it, and equal ones are not the same."""
    located: defaultdict[int, list[ConcretePath]] = defaultdict(list)
    for value, at in locate(root, path):
        located[id(value)].append(at)
    return dict(located)
