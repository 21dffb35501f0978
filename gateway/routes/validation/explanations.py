"""The errors that a schema explains without much time and memory.

A validator decides in linear time whether a value is valid, as it remembers what it has
decided. The reasons for an error are more expensive: `oneOf` has those of each of its
alternatives, and each has a copy of the value. So a large value is not explained by a
schema with alternatives: a megabyte took eight seconds and a gigabyte. If a schema with
two alternatives contains itself, each level of a value doubles the time. So the errors
of a deep value are not explained by such a schema.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Final

from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.gateway.routes.validation.references import InvalidDocument, References

_CHOICES: Final = ("anyOf", "oneOf")
_ALTERNATIVES: Final = (
    *(*_CHOICES, "allOf", "if", "then", "else", "not", "dependentSchemas"),
)
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
_MOST_EXPLANATIONS: Final = 1000
"""They take a few milliseconds."""
_LARGE_BYTES: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class Explanations:
    """The values whose errors a schema explains.

    None of `levels` is for values of any depth. Without `large`, only values of 16 KiB
    are explained.
    """

    levels: int | None
    large: bool

    def explain(self, value: JSONValue, size: int) -> bool:
        """Return whether the errors of a value of `size` bytes are explained."""
        return (self.large or size <= _LARGE_BYTES) and (
            self.levels is None or not has_more_levels(value, self.levels)
        )


def explanations(pointer: str, references: References) -> Explanations:
    """Return the values whose errors the schema at a pointer explains."""
    schemas, is_recursive = _schemas(pointer, references)
    found = sum(_count(each.get(key)) for each in schemas for key in _ALTERNATIVES)
    return Explanations(
        levels=_levels(found) if is_recursive and found > 1 else None,
        large=not any(key in each for each in schemas for key in _CHOICES),
    )


def _levels(alternatives: int) -> int:
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


def _schemas(pointer: str, references: References) -> tuple[list[JSONObject], bool]:
    """Return all parts of the schemas that one refers to, and whether it is recursive.

    A name (`$anchor`) may refer to any schema.
    """
    found: list[JSONObject] = []
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
            found.append(each)
            targets = [each.get(key) for key in _REFERENCES]
            below[place].update(
                each.removeprefix("#") for each in targets if isinstance(each, str)
            )
        pending += below[place]
    try:
        TopologicalSorter(below).prepare()
    except CycleError:
        return found, True
    return found, False


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
