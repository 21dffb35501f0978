"""The validation of a reply against its fetch, and its merge into the response."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.errors import MalformedResponse
from weir.resolvers.execute.run.collect import collect
from weir.resolvers.execute.run.failures import Failed, Failure, Reported
from weir.resolvers.execute.run.merge import copied, merge
from weir.resolvers.execute.run.represent import EntityBatch
from weir.resolvers.execute.run.step import Call, Step
from weir.resolvers.plan.model.nodes import Rename
from weir.resolvers.sources.source import Reply

_Write: TypeAlias = Callable[[JSONObject, JSONObject], None]

_REPLACE: _Write = dict[str, JSONValue].update
_INCOMPLETE = "The response is missing requested fields."


def merge_reply(
    root: JSONObject, step: Step, call: Call, reply: Reply, *, shares: bool
) -> Failure | None:
    """Merge the data of `reply`; return its failure, if any.

    With `shares`, objects with the same representation share the values below.
    """
    data = reply.data
    if data is None:
        problem = "The response has no data."
    elif step.fetch.entities:
        problem = _merge_entities(step, call, data, shares=shares)
    else:
        problem = _merge_root(root, step, data)
    if reply.failed is not None:
        return Failed(step, call, reply.failed, is_stale=True)
    if reply.errors:
        return Reported(
            step,
            call,
            reply.errors,
            omitted=reply.omitted_errors,
            safe=reply.safe_errors,
            exposure=reply.exposure,
            usable=not problem,
        )
    return Failed(step, call, MalformedResponse(problem)) if problem else None


def _merge_entities(step: Step, call: Call, data: JSONObject, *, shares: bool) -> str:
    """Merge the entities of a reply; return the problem with them, or ""."""
    problem = ""
    parts = zip(step.fetch.entities, step.entities, call.batches, strict=True)
    for entities, selected, batch in parts:
        found = data.get(entities.alias)
        if not batch:
            continue
        if (
            found is None
            or found.__class__ is not list
            or len(found) != len(batch.targets)
        ):
            problem = "The response does not have one entity for each representation."
            continue
        if not selected.trim_entities(found, batch.representations):
            problem = _INCOMPLETE
        write = _writer(shares=shares, exclusive=selected.exclusive)
        renames = step.fetch.renames
        problem = _write_entities(batch, found, renames, write) or problem
    return problem


def _merge_root(root: JSONObject, step: Step, data: JSONObject) -> str:
    """Merge the data of a root fetch; return the problem with it, or ""."""
    fetch = step.fetch
    is_complete = step.root.trim(data)
    if fetch.renames:
        _rename(data, fetch.renames)
    for target in collect(root, fetch.path) if fetch.path else (root,):
        merge(target, data)
    return "" if is_complete else _INCOMPLETE


def _writer(*, shares: bool, exclusive: bool) -> _Write:
    """Return the function that writes an entity into an object that waits for it."""
    if not shares:
        return _merge_copy
    # If no other fetch writes the fields, there are no values to merge with.
    return _REPLACE if exclusive else merge


def _merge_copy(target: JSONObject, entity: JSONObject) -> None:
    merge(target, copied(entity))


def _write_entities(
    batch: EntityBatch,
    found: list[JSONValue],
    renames: Sequence[Rename],
    write: _Write,
) -> str:
    """Write each entity into its targets; return the problem with one, or ""."""
    problem = ""
    for entity, targets in zip(found, batch.targets, strict=True):
        if entity.__class__ is not dict:
            problem = problem if entity is None else "An entity is not an object."
            continue
        if renames:
            _rename(entity, renames)
        for target in targets:
            write(target, entity)
    return problem


def _rename(source: JSONObject, renames: Sequence[Rename]) -> None:
    """Move values from their keys in the document to canonical keys, in place."""
    for each in renames:
        for value in collect(source, each.path):
            if each.sent in value and (
                not each.types or value.get("__typename") in each.types
            ):
                value[each.key] = value.pop(each.sent)
