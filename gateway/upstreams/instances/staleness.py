"""The staleness of instances whose source fails, or lists too few of them."""

from dataclasses import dataclass

from weir.gateway.events import DiscoveryChanged, EventSink


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoverySnapshot:
    """The kind of source of the instances, and whether they are those of the source.

    `reason` is the reason why they have been stale for `stale_for_s`.
    """

    source: str
    stale: bool
    stale_for_s: float
    reason: str


class Staleness:
    """Since when, and why, the instances of one upstream are not those of its source.

    An event is emitted at the beginning and at the end.
    """

    __slots__ = ("_receive", "_since_s", "_source", "_upstream", "reason")

    def __init__(self, upstream: str, source: str, sink: EventSink) -> None:
        self._upstream = upstream
        self._source = source
        self._receive = sink.receiver(DiscoveryChanged)
        self._since_s: float | None = None
        self.reason = ""

    def begin(self, reason: str, now_s: float) -> None:
        """Mark the instances as stale, or replace the reason."""
        self.reason = reason
        if self._since_s is None:
            self._since_s = now_s
            self._emit(now_s)

    def end(self, now_s: float) -> None:
        """Mark the instances as those of the source."""
        if self._since_s is not None:
            self.reason, self._since_s = "", None
            self._emit(now_s)

    def snapshot(self, now_s: float) -> DiscoverySnapshot:
        since_s = self._since_s
        return DiscoverySnapshot(
            source=self._source,
            stale=since_s is not None,
            stale_for_s=0.0 if since_s is None else now_s - since_s,
            reason=self.reason,
        )

    def _emit(self, now_s: float) -> None:
        if self._receive is not None:
            self._receive(
                DiscoveryChanged(
                    upstream=self._upstream,
                    source=self._source,
                    stale=self._since_s is not None,
                    reason=self.reason,
                    at_s=now_s,
                )
            )
