"""The table of operations that clients run, within limits of memory.

Stored operations are as many as the configuration has. Documents of clients are
evicted, the least recently used ones first. Names of applications are chosen by
clients, so each operation has a limit of them, and the others count together.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from weir.bffs.facades.persisted_queries import document_bytes
from weir.gateway.clock import Clock
from weir.gateway.events import Event, EventReceiver, OperationUsed
from weir.resolvers.lru_cache import LruCache

OTHERS: Final = "(others)"
"""The name of the applications beyond the limit of an operation."""
_MAX_APPLICATIONS: Final = 50
"""Applications of a stored operation."""
_MAX_STRANGERS: Final = 10
"""Applications of a document of clients."""
_APPLICATION_BYTES: Final = 400
_MAX_BYTES: Final = 4 * 1024 * 1024
"""Memory of the documents of clients, and of their applications."""
_MAX_STORED: Final = 10_000
"""More than any configuration has, which may also be an earlier one."""


class OperationKey(Struct, frozen=True):
    """An operation of a façade; a document may have several."""

    facade: str
    operation: str
    document: str


class OperationUse(Struct, frozen=True, kw_only=True):
    """The uses of an operation by one version of an application, between two times.

    `client_name` and `client_version` are "" if they are not known.
    """

    facade: str
    operation: str
    document: str
    stored: bool
    client_name: str
    client_version: str
    count: int
    first_s: float
    last_s: float


class _Count(Struct):
    """The number of uses between two times."""

    count: int
    first_s: float
    last_s: float


_Counts = dict[tuple[str, str], _Count]


class UsageTable:
    """A sink that counts the uses of operations by one process, or by several."""

    def __init__(self, clock: Clock, limit_bytes: int = _MAX_BYTES) -> None:
        self._clock = clock
        self._limit_bytes = limit_bytes
        self._stored = LruCache[OperationKey, _Counts](_MAX_STORED)
        self._seen = LruCache[OperationKey, _Counts](limit_bytes, _bytes)

    @property
    def evicted(self) -> int:
        """The number of documents of clients that were evicted."""
        return self._seen.evicted

    def receiver(self, event_type: type[Event]) -> EventReceiver | None:
        return self._record if event_type is OperationUsed else None

    def emit(self, event: Event) -> None:
        assert isinstance(event, OperationUsed)
        self._record(event)

    def uses(self) -> list[OperationUse]:
        """Return all uses."""
        return [*_uses(self._stored, stored=True), *_uses(self._seen, stored=False)]

    def take(self) -> list[OperationUse]:
        """Return the uses since the last call, and forget them."""
        uses = self.uses()
        self._stored = LruCache[OperationKey, _Counts](_MAX_STORED)
        self._seen = LruCache[OperationKey, _Counts](self._limit_bytes, _bytes)
        return uses

    def absorb(self, uses: Iterable[OperationUse]) -> None:
        """Add the uses of another process, or of an earlier one."""
        for use in uses:
            key = OperationKey(use.facade, use.operation, use.document)
            counts = self._counts(key, stored=use.stored)
            application = use.client_name, use.client_version
            added = _Count(use.count, use.first_s, use.last_s)
            _add(counts, application, added, _most(stored=use.stored))

    def _record(self, event: OperationUsed) -> None:
        key = OperationKey(event.client_type, event.operation, event.document)
        counts = self._counts(key, stored=event.stored)
        now_s = self._clock.epoch_s()
        application = event.client_name, event.client_version
        found = counts.get(application)
        if found is None:
            added = _Count(1, now_s, now_s)
            _add(counts, application, added, _most(stored=event.stored))
        else:
            found.count += 1
            found.last_s = now_s

    def _counts(self, key: OperationKey, *, stored: bool) -> _Counts:
        operations = self._stored if stored else self._seen
        counts = operations.get(key)
        if counts is None:
            counts = _Counts()
            operations.put(key, counts)
        return counts


def _most(*, stored: bool) -> int:
    return _MAX_APPLICATIONS if stored else _MAX_STRANGERS


def _add(
    counts: _Counts, application: tuple[str, str], added: _Count, most: int
) -> None:
    """Add to the counts of an application, or to those beyond the `most`."""
    if application not in counts and len(counts) >= most:
        application = OTHERS, ""
    found = counts.get(application)
    if found is None:
        counts[application] = added
        return
    found.count += added.count
    found.first_s = min(found.first_s, added.first_s)
    found.last_s = max(found.last_s, added.last_s)


def _bytes(key: OperationKey, counts: _Counts) -> int:
    # All applications count from the start: a weight must not change.
    del counts
    return document_bytes(key, key.document) + _MAX_STRANGERS * _APPLICATION_BYTES


def _uses(
    operations: LruCache[OperationKey, _Counts], *, stored: bool
) -> Iterable[OperationUse]:
    for key, counts in operations.items():
        for (name, version), each in counts.items():
            yield OperationUse(
                facade=key.facade,
                operation=key.operation,
                document=key.document,
                stored=stored,
                client_name=name,
                client_version=version,
                count=each.count,
                first_s=each.first_s,
                last_s=each.last_s,
            )
