"""A prepared fetch of a plan, and the requests that it makes.

Usually a fetch is one request, or no request if no entity waits for it. If the entities
of a fetch get values from different ancestors (`@fromContext`), there is one request
for each tuple of values.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from weir.gateway.json_types import JSONObject
from weir.resolvers.execute.run.collect import collect
from weir.resolvers.execute.run.context_values import by_context
from weir.resolvers.execute.run.expected_fields import (
    ObjectFields,
    Selected,
    entity_fields,
    root_fields,
)
from weir.resolvers.execute.run.overlaps import Overlaps, overlaps
from weir.resolvers.execute.run.represent import EntityBatch, Representer, representer
from weir.resolvers.operation.conditions import is_wanted
from weir.resolvers.plan.model.nodes import Fetch, ResponsePath, show_path


class Call(NamedTuple):
    """One request of a fetch: a batch for each of its entity fetches, in order."""

    batches: tuple[EntityBatch, ...]
    variables: JSONObject

    @property
    def entities(self) -> int:
        return sum(len(batch.representations) for batch in self.batches)


class Due(NamedTuple):
    """The requests that a step makes, and all batches, including empty ones.

    A step that would make too many requests makes none, and has all its entities in one
    request that is `refused`.
    """

    calls: Sequence[Call]
    batches: Sequence[EntityBatch]
    refused: Call | None = None


_NOTHING_DUE = Due((), ())
MOST_CONTEXTS: Final = 1_000
"""The limit of requests of one fetch."""


@dataclass(frozen=True, slots=True)
class Step:
    """A fetch, prepared once per plan.

    `root` are the fields of its data, `entities` those of its entities, in order.
    `batches_at` find and represent the entities of each entity fetch, as its
    representer does. `children` are indexes in the plan's order. The data of a step
    that `is_at_root` is that of the response's root. `always_due` are the requests of a
    fetch without conditions, variables and entities: `due` always returns them. `place`
    are the paths of its objects, for the operator.
    """

    fetch: Fetch
    root: ObjectFields
    entities: tuple[Selected, ...]
    representers: tuple[Representer, ...]
    batches_at: tuple[Callable[[JSONObject], EntityBatch], ...]
    children: tuple[int, ...]
    parents: int
    is_at_root: bool
    always_due: Due | None
    place: str

    def due(self, root: JSONObject, variables: JSONObject) -> Due:
        """Return the requests that are due, for the response so far."""
        if not is_wanted(self.fetch.condition, variables):
            return _NOTHING_DUE
        own = {
            name: variables[name] for name in self.fetch.variables if name in variables
        }
        if not self.representers:
            return Due((Call((), own),), ())
        if self.representers[0].fetch.contexts:
            return self._due_by_context(root, own)
        batches = tuple([batch_at(root) for batch_at in self.batches_at])
        calls = (_call(self.representers, batches, own),) if any(batches) else ()
        return Due(calls, batches)

    def places(self, call: Call, root: JSONObject) -> int:
        """Return the number of objects that one part of a reply may be written to."""
        if call.batches:
            return max(batch.places for batch in call.batches)
        path = self.fetch.path
        return len(collect(root, path)) if path else 1

    def gaps(self, due: Due) -> list[list[JSONObject]]:
        """Return the objects that cannot be represented, for each entity fetch."""
        if len(self.representers) == 1:
            return [[gap for batch in due.batches for gap in batch.gaps]]
        return [batch.gaps for batch in due.batches]

    def _due_by_context(self, root: JSONObject, own: JSONObject) -> Due:
        only = self.representers[0]
        calls: list[Call] = []
        batches: list[EntityBatch] = []
        groups = by_context(root, only.fetch)
        if len(groups) > MOST_CONTEXTS:
            batch = only.batch(each for _, objects in groups for each in objects)
            return Due((), (batch,), Call((batch,), own))
        for values, objects in groups:
            batch = only.batch(objects)
            batches.append(batch)
            if batch:
                calls.append(_call(self.representers, (batch,), {**own, **values}))
        return Due(calls, batches)


def _call(
    representers: tuple[Representer, ...],
    batches: tuple[EntityBatch, ...],
    variables: JSONObject,
) -> Call:
    sent = {
        each.fetch.variable: batch.representations
        for each, batch in zip(representers, batches, strict=True)
    }
    return Call(batches, {**variables, **sent})


def prepare(fetches: tuple[Fetch, ...]) -> tuple[Step, ...]:
    """Prepare the fetches of a plan, in its order."""
    shared = overlaps(fetches)
    return tuple([_step(fetch, fetches, shared) for fetch in fetches])


def _step(fetch: Fetch, fetches: tuple[Fetch, ...], shared: Overlaps) -> Step:
    representers = tuple([representer(each) for each in fetch.entities])
    return Step(
        fetch=fetch,
        root=root_fields(fetch, shared),
        entities=entity_fields(fetch, shared),
        representers=representers,
        batches_at=tuple([each.batch_at for each in representers]),
        children=tuple(
            index for index, other in enumerate(fetches) if fetch.id in other.parents
        ),
        parents=len(fetch.parents),
        is_at_root=not (fetch.entities or fetch.path),
        always_due=_always_due(fetch),
        place=", ".join(map(show_path, _paths(fetch))),
    )


def _paths(fetch: Fetch) -> Sequence[ResponsePath]:
    return [each.path for each in fetch.entities] or [fetch.path]


def _always_due(fetch: Fetch) -> Due | None:
    varies = fetch.condition or fetch.variables or fetch.entities
    return None if varies else Due((Call((), {}),), ())
