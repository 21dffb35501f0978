"""The size of a response, bounded before it is written as JSON.

A short query can select the same object in many places, and each of them is written
anew. The writer of JSON holds the interpreter until it has ended, and memory is taken
for the whole text. So values are counted while they are projected, and texts where the
values could add up to more than the limit.
"""

from typing import Final

import orjson

from weir.gateway.json_types import JSONValue, is_list, is_object
from weir.resolvers.errors import ResponseTooLarge
from weir.resolvers.response_limits import ResponseLimits

_BYTES_OF_A_VALUE: Final = 4
"""A digit, a comma, and the share of a name."""


def most_values(limit_bytes: int) -> int:
    """Return how many values a response of this size can have."""
    return limit_bytes // _BYTES_OF_A_VALUE


def check_texts(data: JSONValue, limit: int) -> None:
    """Raise ResponseTooLarge if the texts of the response are longer than the limit.

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
        if size > limit:
            raise too_many_bytes(limit)


def too_many_bytes(limit: int) -> ResponseTooLarge:
    """Return the error of a response that is larger than `limit` bytes."""
    return ResponseTooLarge(f"be larger than {limit} bytes")


def check_structure(data: JSONValue, limits: ResponseLimits) -> None:
    """Raise ResponseTooLarge for a list that is too long, or too many levels."""
    levels, most = 0, limits.items
    level: list[tuple[str, JSONValue]] = [("data", data)]
    while level:
        levels += 1
        below: list[tuple[str, JSONValue]] = []
        for name, value in level:
            if is_object(value):
                below += [each for each in value.items() if _has_parts(each[1])]
            elif is_list(value):
                if most is not None and len(value) > most:
                    found = f'have {len(value)} items in "{name}"; {most} are allowed'
                    raise ResponseTooLarge(found)
                below += [(name, each) for each in value if _has_parts(each)]
        if limits.levels is not None and levels > limits.levels:
            found = f"have more than {limits.levels} levels of objects and lists"
            raise ResponseTooLarge(found)
        level = below


def _has_parts(value: JSONValue) -> bool:
    return value.__class__ is dict or value.__class__ is list
