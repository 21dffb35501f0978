"""A reply becomes part of the response, as far as it is what was asked for."""

import copy

from resolvers.errors import MalformedResponse
from resolvers.execute.collect import collect
from resolvers.execute.merge import merge
from resolvers.execute.rename import rename
from resolvers.execute.represent import EntityBatch
from resolvers.execute.step import Call, Step
from resolvers.execute.subgraph_errors import Failed, Failure, Reported
from resolvers.json_types import JSONObject, JSONValue
from resolvers.plan.nodes import Rename
from resolvers.sources.source import Reply


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
    fetch = step.fetch
    if not fetch.entities:
        rename(data, fetch.renames)
        for target in collect(root, fetch.path):
            merge(target, data)
        return ""
    problems = [
        _merge_entities(batch, data.get(entities.alias), fetch.renames, shares=shares)
        for entities, batch in zip(fetch.entities, call.batches, strict=True)
        if batch
    ]
    return next(filter(None, problems), "")


def _merge_entities(
    batch: EntityBatch, found: JSONValue, renames: tuple[Rename, ...], *, shares: bool
) -> str:
    if found.__class__ is not list or len(found) != len(batch.targets):
        # Which answer belongs to which representation is anybody's guess.
        return "The service did not answer one entity for each representation."
    problem = ""
    for entity, targets in zip(found, batch.targets, strict=True):
        if entity.__class__ is not dict:
            problem = problem if entity is None else "An entity is not an object."
            continue
        if renames:
            rename(entity, renames)
        for target in targets:
            merge(target, entity if shares else copy.deepcopy(entity))
    return problem
