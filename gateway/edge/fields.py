"""One look at the header fields of a request, by name."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

Fields: TypeAlias = Mapping[bytes, bytes]
"""Field values by lower-case name; the lines of a repeated name joined by ", "."""


def fields_by_name(headers: Sequence[tuple[bytes, bytes]]) -> Fields:
    fields = dict(headers)
    return fields if len(fields) == len(headers) else _joined(headers)


def _joined(headers: Sequence[tuple[bytes, bytes]]) -> Fields:
    # RFC 9110 §5.3: lines of the same name combine "by appending each subsequent
    # field line value to the combined field value in order, separated by a comma".
    # A singleton field sent twice becomes a value that its parser refuses.
    values: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value)
    return {name: b", ".join(lines) for name, lines in values.items()}
