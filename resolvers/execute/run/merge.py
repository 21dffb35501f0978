"""The deep merge of replies into one response.

It merges the fields that several subgraphs return for one object. An object adopts the
values of a reply without a copy, so objects with the same representation share the
values below. That is correct because a later fetch reads equal inputs from the shared
values, and so writes equal values.
"""

from typing import TypeAlias

from weir.gateway.json_types import JSONObject, JSONValue

_Pair: TypeAlias = tuple[JSONValue, JSONValue]


def merge(target: JSONObject, source: JSONObject) -> None:
    """Merge `source` into `target`, which may adopt parts of it.

    Objects are merged key by key and lists item by item. Any other value replaces the
    present one, except null, which replaces no value.
    """
    # A list of pairs instead of recursion, because a custom scalar may be nested as
    # deep as JSON allows, which is deeper than Python's stack.
    if not target:
        target.update(source)
        return
    pending = _merge_object(target, source)
    while pending:
        into, value = pending.pop()
        if into is not value:
            is_object = value.__class__ is dict
            pending += (_merge_object if is_object else _merge_list)(into, value)


def copied(value: JSONObject) -> JSONObject:
    """Return a deep copy of `value`, without recursion."""
    whole: JSONObject = {}
    pending: list[_Pair] = [(whole, value)]
    while pending:
        into, source = pending.pop()
        items = source.items() if source.__class__ is dict else enumerate(source)
        for place, each in items:
            copied = _emptied(each)
            if copied is not each:
                pending.append((copied, each))
            if into.__class__ is dict:
                into[place] = copied
            else:
                into.append(copied)
    return whole


def _emptied(value: JSONValue) -> JSONValue:
    if value.__class__ is dict:
        return {}
    return [] if value.__class__ is list else value


def _merge_object(target: JSONObject, source: JSONObject) -> list[_Pair]:
    """Merge one level; return the pairs below it that remain to be merged."""
    pending: list[_Pair] = []
    for key, value in source.items():
        present = target.get(key)
        if present is None:
            target[key] = value
        elif _alike(present, value):
            pending.append((present, value))
        elif value is not None:
            target[key] = value
    return pending


def _merge_list(target: list[JSONValue], source: list[JSONValue]) -> list[_Pair]:
    pending: list[_Pair] = []
    for index, value in enumerate(source):
        if index >= len(target):
            target.append(value)
        elif _alike(target[index], value):
            pending.append((target[index], value))
        elif value is not None:
            target[index] = value
    return pending


def _alike(present: JSONValue, value: JSONValue) -> bool:
    kind = value.__class__
    return present.__class__ is kind and (kind is dict or kind is list)
