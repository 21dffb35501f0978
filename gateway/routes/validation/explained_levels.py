"""The levels of a value whose errors are explained by a schema.

A validator decides in linear time whether a value is valid, as it remembers what it has
decided. The reasons for an error are more expensive: `oneOf` has those of each of its
alternatives. If a schema with two alternatives contains itself, each level of a value
doubles the time. So the errors of a deep value are not explained by such a schema.
"""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Final

from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.gateway.routes.validation.references import InvalidDocument, References

_ALTERNATIVES: Final = (
    *("allOf", "anyOf", "oneOf", "if", "then", "else", "not", "dependentSchemas"),
)
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
_MOST_EXPLANATIONS: Final = 1000
"""They take a few milliseconds."""


def explained_levels(pointer: str, references: References) -> int | None:
    """Return how many levels a value may have for the schema at a pointer.

    None if there is no limit: no schema contains itself, or none has alternatives.
    """
    alternatives = _alternatives(pointer, references)
    if alternatives <= 1:
        return None
    levels = 0
    while alternatives ** (levels + 1) <= _MOST_EXPLANATIONS:
        levels += 1
    return levels


def has_more_levels(value: JSONValue, levels: int) -> bool:
    """Return whether a value has more levels of objects and lists."""
    level = [value]
    for _ in range(levels + 1):
        level = [each for each in level if is_object(each) or is_list(each)]
        if not level:
            return False
        level = [
            below
            for each in level
            for below in (each.values() if is_object(each) else each)
        ]
    return True


def _alternatives(pointer: str, references: References) -> int:
    """Return the number of alternatives in all schemas that a schema refers to.

    0 if none of them contains itself. A name (`$anchor`) may refer to any of them.
    """
    found = 0
    below: dict[str, set[str]] = {}
    pending = [pointer]
    while pending:
        place = pending.pop()
        if place in below:
            continue
        below[place] = set()
        try:
            _, schema = references.resolved("", {"$ref": f"#{place}"})
        except InvalidDocument:
            continue  # one in an example, as those of schemas lead somewhere
        for each in _objects(schema):
            found += sum(_count(each.get(key)) for key in _ALTERNATIVES)
            targets = [each.get(key) for key in _REFERENCES]
            below[place].update(
                each.removeprefix("#") for each in targets if isinstance(each, str)
            )
        pending += below[place]
    try:
        TopologicalSorter(below).prepare()
    except CycleError:
        return found
    return 0


def _count(value: JSONValue) -> int:
    if is_list(value):
        return len(value)
    return 1 if is_object(value) else 0


def _objects(value: JSONValue) -> Iterator[JSONObject]:
    """Yield all objects in a value, without recursion."""
    pending = [value]
    while pending:
        each = pending.pop()
        if is_object(each):
            yield each
            pending += each.values()
        elif is_list(each):
            pending += each
