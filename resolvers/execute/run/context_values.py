"""The values that entities get from their ancestors (`@fromContext`).

The path to the entities passes the ancestors that set the context. Entities below
ancestors with equal values share a request. Others cannot, because the values are
variables of the whole request.
"""

from collections.abc import Iterable

import orjson

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.execute.run.collect import collect
from weir.resolvers.execute.run.represent import MAX_LISTS
from weir.resolvers.plan.model.nodes import (
    EntityFetch,
    RequiredField,
    RequiredSelection,
)


def by_context(
    root: JSONObject, entities: EntityFetch
) -> list[tuple[JSONObject, list[JSONObject]]]:
    """Group the objects at the path of `entities` by their values."""
    groups: dict[bytes, tuple[JSONObject, list[JSONObject]]] = {}
    for values, found in _descend(root, entities):
        groups.setdefault(_identity(values), (values, []))[1].append(found)
    return list(groups.values())


def _identity(values: JSONObject) -> bytes:
    try:
        return orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        # Values that cannot be encoded cannot be sent: they share one failed call.
        return b""


def _descend(
    root: JSONObject, entities: EntityFetch
) -> Iterable[tuple[JSONObject, JSONObject]]:
    """Walk the path from context to context, and collect the values."""
    located: list[tuple[JSONObject, JSONObject]] = [({}, root)]
    start = 0
    for context in sorted(entities.contexts, key=lambda each: each.level):
        segments = entities.path[start : context.level]
        located = [
            (
                {**values, context.variable: _leaf(context.selections, ancestor)},
                ancestor,
            )
            for values, origin in located
            for ancestor in collect(origin, segments)
        ]
        start = context.level
    return (
        (values, found)
        for values, origin in located
        for found in collect(origin, entities.path[start:])
    )


def _leaf(
    selections: Iterable[RequiredSelection], source: JSONValue, lists: int = 0
) -> JSONValue:
    """Read the first selection that applies, for each item of a list."""
    if source.__class__ is list:
        if lists == MAX_LISTS:
            return None
        return [_leaf(selections, item, lists + 1) for item in source]
    if source.__class__ is not dict:
        return None
    for selection in selections:
        if isinstance(selection, RequiredField):
            value = source.get(selection.key)
            return _leaf(selection.selections, value) if selection.selections else value
        if source.get("__typename") in selection.types:
            return _leaf(selection.selections, source)
    return None
