"""How durations, shares, sizes and addresses are written in weir.yaml."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

_DURATION = re.compile(r"^(\d+(?:\.\d+)?)\s*(ms|s|m|h)$")
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_SIZE = re.compile(r"^(\d+)\s*(B|KB|MB|GB|KiB|MiB|GiB)$", re.IGNORECASE)
_UNIT_BYTES = {
    "b": 1,
    "kb": 1000,
    "mb": 1000**2,
    "gb": 1000**3,
    "kib": 1024,
    "mib": 1024**2,
    "gib": 1024**3,
}


def _duration_s(value: Any) -> Any:
    if isinstance(value, str) and (match := _DURATION.match(value.strip())):
        return float(match[1]) * _UNIT_S[match[2]]
    message = (
        f'write a duration with its unit, such as "250ms", "5s" or "2m": {value!r}'
    )
    raise ValueError(message)


def _share(value: Any) -> Any:
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            return float(value.strip()[:-1]) / 100
        except ValueError:
            pass
    message = f'write a share as a percentage, such as "20%": {value!r}'
    raise ValueError(message)


def _size_bytes(value: Any) -> Any:
    if isinstance(value, str) and (match := _SIZE.match(value.strip())):
        return int(match[1]) * _UNIT_BYTES[match[2].lower()]
    message = f'write a size with its unit, such as "64KiB" or "16MiB": {value!r}'
    raise ValueError(message)


Duration = Annotated[
    float,
    BeforeValidator(_duration_s, json_schema_input_type=str),
    Field(gt=0, json_schema_extra={"kind": "duration"}),
]
"""Seconds; written "250ms", "5s", "2m", "1h"."""

Delay = Annotated[
    float,
    BeforeValidator(_duration_s, json_schema_input_type=str),
    Field(ge=0, json_schema_extra={"kind": "duration"}),
]
"""Seconds, zero allowed; written "0s", "5s"."""

Share = Annotated[
    float,
    BeforeValidator(_share, json_schema_input_type=str),
    Field(ge=0, le=1, json_schema_extra={"kind": "percentage"}),
]
"""A fraction of one; written "20%"."""

Size = Annotated[
    int,
    BeforeValidator(_size_bytes, json_schema_input_type=str),
    Field(gt=0, json_schema_extra={"kind": "size"}),
]
"""Bytes; written "64KiB", "16MiB"."""

Count = Annotated[int, Field(ge=1)]
