"""Stored responses, and the keys of a cache."""

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from msgspec import Struct

from weir.gateway.headers import Headers
from weir.gateway.http_time import MAX_DELTA_S

VarySelection: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""The request fields that Vary names, with their combined values, sorted by name."""

STORED_METHODS: Final = ("GET", "POST", "QUERY")
"""The methods whose responses are stored, the latter two for safe calls."""
_OVERHEAD_BYTES = 600
"""The approximate size of Python's objects for one stored response, without bodies."""


class CacheKey(Struct, frozen=True, kw_only=True):
    """The key of a request in a cache; the responses under one key differ by Vary.

    `identity` is a digest of everything else that must be equal (see `keys`).
    """

    upstream: str
    partition: str
    method: str
    path: str
    identity: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResponse:
    """A response, with the data that decides about its reuse.

    `received_s` is on the monotonic clock of this process, so that changes of the wall
    clock do not affect the age. `received_epoch_s` is for other processes.
    """

    status: int
    headers: Headers
    body: bytes
    received_s: float = field(compare=False)
    received_epoch_s: float
    initial_age_s: float
    lifetime_s: float
    public: bool
    always_revalidate: bool
    stale_while_revalidate_s: float
    stale_if_error_s: float
    selection: VarySelection
    tags: frozenset[str]
    fallback_stale_s: float = 0.0

    def age_s(self, now_s: float) -> float:
        """Return the age at `now_s`, monotonic (RFC 9111 §4.2.3)."""
        resident_s = max(0.0, now_s - self.received_s)
        return min(self.initial_age_s + resident_s, MAX_DELTA_S)

    def fresh_for_s(self, now_s: float) -> float:
        """Return the remaining freshness in seconds, negative for a stale response."""
        return self.lifetime_s - self.age_s(now_s)

    @property
    def size(self) -> int:
        """The approximate size in memory, in bytes."""
        fields = sum(len(name) + len(value) for name, value in self.headers)
        return len(self.body) + fields + _OVERHEAD_BYTES


def select(request_headers: Headers, names: tuple[bytes, ...]) -> VarySelection:
    """Return the values that select a stored response for a request."""
    if not names:
        return ()
    values: dict[bytes, list[bytes]] = {}
    for name, line in request_headers:
        values.setdefault(name, []).append(line)
    return tuple(
        (name, b", ".join(values.get(name, ()))) for name in sorted(set(names))
    )


def names_of(selection: VarySelection) -> tuple[bytes, ...]:
    """Return the field names of a selection."""
    return tuple(name for name, _ in selection)
