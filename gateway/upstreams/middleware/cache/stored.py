"""What a cache holds."""

from dataclasses import dataclass, field
from typing import TypeAlias

from weir.gateway.headers import Headers
from weir.gateway.http_time import MAX_DELTA_S
from weir.gateway.values import value

VarySelection: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""The request fields that Vary names, with their combined values, sorted by name."""

_OVERHEAD_BYTES = 600
"""About what Python's objects for one stored response take, bodies aside."""


@value(frozen=True, slots=True, kw_only=True)
class CacheKey:
    """What a cache looks a request up by; the stored responses then differ by Vary.

    `identity` is a digest of whatever else must be equal (see `keys`).
    """

    upstream: str
    partition: str
    method: str
    path: str
    identity: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResponse:
    """A response with what decides about its reuse.

    `received_s` is on the monotonic clock of this process, so that no change of the
    wall clock makes the response younger or older. `received_epoch_s` is for other
    processes.
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
        """Return the age at `now_s`, monotonic (RFC 9111 section 4.2.3)."""
        resident_s = max(0.0, now_s - self.received_s)
        return min(self.initial_age_s + resident_s, MAX_DELTA_S)

    def fresh_for_s(self, now_s: float) -> float:
        """Return the seconds of freshness left; negative by how stale it is."""
        return self.lifetime_s - self.age_s(now_s)

    @property
    def size(self) -> int:
        """About how many bytes of memory this takes."""
        fields = sum(len(name) + len(value) for name, value in self.headers)
        return len(self.body) + fields + _OVERHEAD_BYTES


def select(request_headers: Headers, names: tuple[bytes, ...]) -> VarySelection:
    """Return the values that decide which stored response a request is given."""
    if not names:
        return ()
    values: dict[bytes, list[bytes]] = {}
    for name, line in request_headers:
        values.setdefault(name, []).append(line)
    return tuple(
        (name, b", ".join(values.get(name, ()))) for name in sorted(set(names))
    )


def names_of(selection: VarySelection) -> tuple[bytes, ...]:
    """Return the field names that a selection was made by."""
    return tuple(name for name, _ in selection)
