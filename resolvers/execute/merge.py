"""Replies become one response: deep, index by index, null never wins.

What several subgraphs know of one object is put together here. An object adopts the
values of a reply as they are, so objects that share a representation share what is
below it. That is sound because a fetch further down finds equal inputs in what is
shared, and so writes equal values.
"""

from resolvers.json_types import JSONObject, JSONValue


def merge(target: JSONObject, source: JSONObject) -> None:
    """Merge `source` into `target`, which may adopt parts of it.

    Objects are merged key by key and lists item by item; any other value replaces
    what was there, except null, which replaces nothing.
    """
    # A stack rather than recursion: a custom scalar may be nested as deep as JSON
    # allows, which is deeper than Python's stack.
    pending: list[tuple[JSONValue, JSONValue]] = [(target, source)]
    while pending:
        into, value = pending.pop()
        if into is value:
            continue
        if value.__class__ is dict:
            _merge_object(into, value, pending)
        else:
            _merge_list(into, value, pending)


def _merge_object(
    target: JSONObject,
    source: JSONObject,
    pending: list[tuple[JSONValue, JSONValue]],
) -> None:
    for key, value in source.items():
        present = target.get(key)
        if present is None:
            target[key] = value
        elif _alike(present, value):
            pending.append((present, value))
        elif value is not None:
            target[key] = value


def _merge_list(
    target: list[JSONValue],
    source: list[JSONValue],
    pending: list[tuple[JSONValue, JSONValue]],
) -> None:
    for index, value in enumerate(source):
        if index >= len(target):
            target.append(value)
        elif _alike(target[index], value):
            pending.append((target[index], value))
        elif value is not None:
            target[index] = value


def _alike(present: JSONValue, value: JSONValue) -> bool:
    kind = value.__class__
    return present.__class__ is kind and (kind is dict or kind is list)
