"""One instance of an upstream, alive: its connections, health and load."""

from weir.gateway.transport.errors import UpstreamError, UpstreamTimeout
from weir.gateway.transport.transport import Transport
from weir.gateway.upstreams.instances.health import InstanceHealth
from weir.gateway.upstreams.instances.latency import LatencyAverage


class Instance:
    """The live state of one place that serves an upstream.

    It outlives generations: they share it where its url and the policies that made
    it are unchanged.
    """

    __slots__ = (
        "_latency",
        "health",
        "in_flight",
        "last_failure",
        "last_failure_s",
        "transport",
        "url",
    )

    def __init__(self, url: str, transport: Transport, health: InstanceHealth) -> None:
        self.url = url
        self.transport = transport
        self.health = health
        self.in_flight = 0
        self.last_failure = ""
        self.last_failure_s = 0.0
        self._latency = LatencyAverage()

    def expected_latency_s(self, now_s: float) -> float:
        return self._latency.value_s(now_s)

    def succeeded(self, elapsed_s: float, now_s: float) -> None:
        """An attempt was answered without a server error."""
        self._latency.observe(elapsed_s, now_s)
        self.health.attempt_succeeded(now_s)

    def responded_with_error(self, status: int, now_s: float) -> None:
        """An attempt was answered with a server error."""
        self.note_failure(f"answered {status}", now_s)
        self.health.attempt_failed(unreached=False, now_s=now_s)

    def failed(self, error: UpstreamError, granted_s: float, now_s: float) -> None:
        """An attempt had no answer in the time granted, by the instance's fault."""
        self.note_failure(error.detail, now_s)
        if isinstance(error, UpstreamTimeout):
            self._latency.observe(granted_s, now_s)
        self.health.attempt_failed(unreached=error.unreached, now_s=now_s)

    def hedge_lost(self, elapsed_s: float, now_s: float) -> None:
        """A later attempt elsewhere was answered before this one.

        Once says little; again and again, with no answer in between, it hangs.
        """
        self._latency.observe(elapsed_s, now_s)
        self.note_failure("overtaken by a hedge", now_s)
        self.health.attempt_failed(unreached=False, now_s=now_s)

    def note_failure(self, detail: str, now_s: float) -> None:
        """Keep what went wrong, for the control port."""
        self.last_failure = detail
        self.last_failure_s = now_s
