"""A reply becomes part of the response, as far as it is what was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from resolvers.errors import MalformedResponse
from resolvers.execute.collect import collect
from resolvers.execute.merge import copied, merge
from resolvers.execute.rename import rename
from resolvers.execute.represent import EntityBatch
from resolvers.execute.step import Call, Step
from resolvers.execute.subgraph_errors import Failed, Failure, Reported
from resolvers.json_types import JSONObject, JSONValue
from resolvers.plan.nodes import Rename
from resolvers.sources.source import Reply

_INCOMPLETE = "The service left out fields that it was asked for."


def accept(
    root: JSONObject, step: Step, call: Call, reply: Reply, *, shares: bool
) -> Failure | None:
    """Merge what `reply` has; return what it lacks or reports.

    With `shares`, objects with one representation share what is below their entity.
    """
    problem = _merge_reply(root, step, call, reply.data, shares=shares)
    if reply.errors:
        usable = not problem
        return Reported(step, call, reply.errors, reply.safe_errors, usable)
    return Failed(step, call, MalformedResponse(problem)) if problem else None


def _merge_reply(
    root: JSONObject, step: Step, call: Call, data: JSONValue, *, shares: bool
) -> str:
    """Merge the data of a reply; say what is wrong with it, or nothing."""
    if data.__class__ is not dict:
        return "The service's answer has no data."
    if not step.fetch.entities:
        return _merge_root(root, step, data)
    problem = ""
    for entities, batch in zip(step.fetch.entities, call.batches, strict=True):
        found = data.get(entities.alias)
        if not batch:
            continue
        if found.__class__ is not list or len(found) != len(batch.targets):
            # Which answer belongs to which representation is anybody's guess.
            problem = "The service did not answer one entity for each representation."
            continue
        required = step.required.entities.get(entities.alias, {})
        merging = _Merging(required, step.fetch.renames, shares)
        problem = merging.entities(batch, found) or problem
    return problem


def _merge_root(root: JSONObject, step: Step, data: JSONObject) -> str:
    problem = "" if data.keys() >= step.required.root else _INCOMPLETE
    rename(data, step.fetch.renames)
    for target in collect(root, step.fetch.path):
        merge(target, data)
    return problem


@dataclass(frozen=True, slots=True)
class _Merging:
    """How the entities of one `_entities` field are merged."""

    required: Mapping[str, frozenset[str]]
    renames: tuple[Rename, ...]
    shares: bool

    def entities(self, batch: EntityBatch, found: list[JSONValue]) -> str:
        """Merge each entity into its targets; say what is wrong with any."""
        problem = ""
        required_of = self.required.get
        pairs = zip(found, batch.representations, batch.targets, strict=True)
        for entity, representation, targets in pairs:
            if entity.__class__ is not dict:
                problem = problem if entity is None else "An entity is not an object."
                continue
            required = required_of(representation["__typename"])
            if required is not None and not entity.keys() >= required:
                problem = _INCOMPLETE
            if self.renames:
                rename(entity, self.renames)
            for target in targets:
                merge(target, entity if self.shares else copied(entity))
        return problem
