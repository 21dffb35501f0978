"""The size of a response, bounded before it is written as JSON.

A short query can select the same object in many places, and each of them is written
anew. The writer of JSON holds the interpreter until it has ended, and memory is taken
for the whole text. So values are counted while they are projected, and texts where the
values could add up to more than the limit.
"""

from typing import Final

from weir.gateway.json_types import JSONValue, is_list, is_object
from weir.resolvers.errors import ResponseTooLarge

MAX_RESPONSE_BYTES: Final = 8 * 1024 * 1024
_BYTES_OF_A_VALUE: Final = 4
"""A digit, a comma, and the share of a name."""


def most_values(limit_bytes: int) -> int:
    """Return how many values a response of this size can have."""
    return limit_bytes // _BYTES_OF_A_VALUE


def check_texts(data: JSONValue, limit: int) -> None:
    """Raise ResponseTooLarge if the texts of the response are longer than the limit."""
    size = 0
    pending: list[JSONValue] = [data]
    while pending:
        value = pending.pop()
        if value.__class__ is str:
            size += len(value)
        elif is_object(value):
            size += sum(map(len, value))
            pending.extend(value.values())
        elif is_list(value):
            pending.extend(value)
        if size > limit:
            raise ResponseTooLarge(limit)
