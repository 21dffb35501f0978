"""Durations, shares, sizes, rates and counts of weir.yaml, each with a range."""

import re
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BeforeValidator, Field

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h|d)")
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SHARE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%")
_SIZE = re.compile(r"([0-9]+)\s*(B|KB|MB|GB|KiB|MiB|GiB)", re.IGNORECASE)
_UNIT_BYTES = {
    "b": 1,
    "kb": 1000,
    "mb": 1000**2,
    "gb": 1000**3,
    "kib": 1024,
    "mib": 1024**2,
    "gib": 1024**3,
}

_WORKERS = re.compile(r"[0-9]{1,3}")
_RATE = re.compile(r"([0-9]+)\s+per\s+(\S+)")

_SHORTEST_S: Final = 0.001
_LONGEST_S: Final = 365 * 24 * 3600.0
_DURATIONS: Final = "1ms to 365d"
_LARGEST_BYTES: Final = 1024**4
_MAX_COUNT: Final = 1_000_000
_MAX_WORKERS: Final = 256
# No number in range has more digits, and longer ones cost time to convert.
_DIGITS: Final = 20


def _match(pattern: re.Pattern[str], value: Any) -> re.Match[str] | None:
    if not isinstance(value, str):
        return None
    match = pattern.fullmatch(value.strip())
    return match if match is not None and len(match[1]) <= _DIGITS else None


def _duration_s(value: Any) -> float:
    seconds = _delay_s(value)
    if seconds < _SHORTEST_S:
        message = f"the duration is out of range, which is {_DURATIONS}"
        raise ValueError(message)
    return seconds


def _delay_s(value: Any) -> float:
    match = _match(_DURATION, value)
    if match is None:
        message = 'write a duration with its unit, such as "250ms", "5s" or "2m"'
        raise ValueError(message)
    seconds = float(match[1]) * _UNIT_S[match[2]]
    if seconds > _LONGEST_S or 0 < seconds < _SHORTEST_S:
        message = f"the duration is out of range, which is {_DURATIONS}"
        raise ValueError(message)
    return seconds


def _share(value: Any) -> float:
    match = _match(_SHARE, value)
    if match is None:
        message = 'write a share as a percentage, such as "20%"'
        raise ValueError(message)
    share = float(match[1]) / 100
    if share > 1:
        message = "the share is out of range, which is 0% to 100%"
        raise ValueError(message)
    return share


def _size_bytes(value: Any) -> int:
    match = _match(_SIZE, value)
    if match is None:
        message = 'write a size with its unit, such as "64KiB" or "16MiB"'
        raise ValueError(message)
    size = int(match[1]) * _UNIT_BYTES[match[2].lower()]
    if not 0 < size <= _LARGEST_BYTES:
        message = "the size is out of range, which is 1B to 1024GiB"
        raise ValueError(message)
    return size


def _rate(value: Any) -> "Rate":
    match = _match(_RATE, value)
    if match is None:
        message = 'write a rate as a number per time, such as "100 per 1m"'
        raise ValueError(message)
    count, window_s = int(match[1]), _duration_s(match[2])
    if not 1 <= count <= _MAX_COUNT * 1000:
        message = "the number of the rate is out of range, which is 1 to 1000000000"
        raise ValueError(message)
    return Rate(count, window_s)


def _workers(value: Any) -> int | str:
    if value == "auto":
        return "auto"
    # The value of a variable is a text.
    is_number = isinstance(value, str) and _WORKERS.fullmatch(value)
    count: Any = int(value) if is_number else value
    if type(count) is int and 1 <= count <= _MAX_WORKERS:
        return count
    message = f'write a number from 1 to {_MAX_WORKERS}, or "auto" for one per CPU'
    raise ValueError(message)


class Rate(NamedTuple):
    """A number of requests per time."""

    requests: int
    window_s: float

    @property
    def per_s(self) -> float:
        return self.requests / self.window_s


RequestRate = Annotated[
    Rate,
    BeforeValidator(_rate, json_schema_input_type=str),
    Field(json_schema_extra={"kind": "rate"}),
]
"""Requests per time; written "100 per 1m"."""

Duration = Annotated[
    float,
    BeforeValidator(_duration_s, json_schema_input_type=str),
    Field(ge=_SHORTEST_S, le=_LONGEST_S, json_schema_extra={"kind": "duration"}),
]
"""Seconds, from 1 ms to 365 days; written "250ms", "5s", "2m", "1h", "30d"."""

Delay = Annotated[
    float,
    BeforeValidator(_delay_s, json_schema_input_type=str),
    Field(ge=0, le=_LONGEST_S, json_schema_extra={"kind": "duration"}),
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
    Field(gt=0, le=_LARGEST_BYTES, json_schema_extra={"kind": "size"}),
]
"""Bytes, up to 1 TiB; written "64KiB", "16MiB"."""

Count = Annotated[int, Field(ge=1, le=_MAX_COUNT)]

WorkerCount = Annotated[
    Annotated[int, Field(ge=1, le=_MAX_WORKERS)] | Literal["auto"],
    BeforeValidator(_workers, json_schema_input_type=int | Literal["auto"]),
    Field(json_schema_extra={"kind": "number, 1 to 256, or `auto`"}),
]
"""A number of processes, or one for each CPU."""

CountOrZero = Annotated[int, Field(ge=0, le=_MAX_COUNT)]

Weight = Annotated[int, Field(ge=1, le=65_535)]
"""The range of the weights of SRV records (RFC 2782)."""

Port = Annotated[int, Field(ge=1, le=65_535)]

Status = Annotated[
    int, Field(ge=100, le=599, json_schema_extra={"kind": "HTTP status"})
]
ErrorStatus = Annotated[
    int, Field(ge=400, le=599, json_schema_extra={"kind": "HTTP status"})
]
