"""The size of a response, bounded before it is written as JSON.

A short query can select the same object in many places, and each of them is written
anew. The writer of JSON holds the interpreter until it has ended, and memory is taken
for the whole text. So values are counted while they are projected, and texts where the
values could add up to more than the limit.
"""

from typing import Final, NamedTuple

import orjson

from weir.gateway.json_types import JSONValue, is_list, is_object
from weir.resolvers.errors import ResponseTooLarge
from weir.resolvers.limit_excess import LimitExcess
from weir.resolvers.response_limits import ResponseLimits

_ITEMS: Final = "items in the response"
_BYTES_OF_A_VALUE: Final = 4
"""A digit, a comma, and the share of a name."""


def most_values(limit_bytes: int) -> int:
    """Return how many values a response of this size can have."""
    return limit_bytes // _BYTES_OF_A_VALUE


def check_texts(data: JSONValue, limit: int) -> None:
    """Raise ResponseTooLarge if the texts of the response are longer than the limit."""
    if bytes_of_texts(data, limit) > limit:
        raise too_many_bytes(limit)


def bytes_of_texts(data: JSONValue, most: int) -> int:
    """Return the bytes of the texts of a response; stop counting above `most`.

    They count as they are written: a control character takes six bytes.
    """
    size = 0
    pending: list[JSONValue] = [data]
    while pending:
        value = pending.pop()
        if value.__class__ is str:
            size += len(orjson.dumps(value))
        elif is_object(value):
            size += sum(map(len, value))
            pending.extend(value.values())
        elif is_list(value):
            pending.extend(value)
        if size > most:
            break
    return size


def bytes_of_values(values: int) -> int:
    """Return the bytes that a response with this many values has at least."""
    return values * _BYTES_OF_A_VALUE


def too_many_bytes(limit: int) -> ResponseTooLarge:
    """Return the error of a response that is larger than `limit` bytes."""
    return ResponseTooLarge(f"be larger than {limit} bytes")


class Structure(NamedTuple):
    """The levels of objects and lists, and the items of the longest list."""

    levels: int
    items: int
    longest: str

    def check(self, limits: ResponseLimits) -> None:
        """Raise ResponseTooLarge for a list that is too long, or too many levels."""
        excess = self.excess(limits)
        if excess is None:
            return
        what = "levels of objects and lists"
        if excess.measured == _ITEMS:
            what = f'items in "{self.longest}"'
        found = f"have {excess.found} {what}; {excess.limit} are allowed"
        raise ResponseTooLarge(found)

    def excess(self, limits: ResponseLimits) -> LimitExcess | None:
        """Return the first limit that a response of this structure exceeds."""
        if limits.items is not None and self.items > limits.items:
            return LimitExcess(_ITEMS, self.items, limits.items)
        if limits.levels is not None and self.levels > limits.levels:
            return LimitExcess("levels in the response", self.levels, limits.levels)
        return None


def structure_of(data: JSONValue) -> Structure:
    """Return the structure of the data of a response, which is the first level."""
    levels, items, longest = 0, 0, ""
    level: list[tuple[str, JSONValue]] = [("data", data)]
    while level:
        levels += 1
        below: list[tuple[str, JSONValue]] = []
        for name, value in level:
            if is_object(value):
                below += [each for each in value.items() if _has_parts(each[1])]
            elif is_list(value):
                if len(value) > items:
                    items, longest = len(value), name
                below += [(name, each) for each in value if _has_parts(each)]
        level = below
    return Structure(levels, items, longest)


def _has_parts(value: JSONValue) -> bool:
    return value.__class__ is dict or value.__class__ is list
