"""The live state of one instance: its connections, health and load."""

from weir.gateway.transport.errors import UpstreamError, UpstreamTimeout
from weir.gateway.transport.transport import Transport
from weir.gateway.upstreams.instances.health import InstanceHealth
from weir.gateway.upstreams.instances.latency import LatencyAverage


class Instance:
    """The live state of one instance of an upstream.

    Generations share it while its URL and its policies are unchanged.
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

    def recent_latency_s(self, since_s: float) -> float | None:
        """Return the average latency, or None without a response since a time."""
        return self._latency.recent_s(since_s)

    def succeeded(self, client: str, elapsed_s: float, now_s: float) -> None:
        """Record a response without a server error."""
        self._latency.observe(elapsed_s, now_s)
        self.health.attempt_succeeded(client, now_s)

    def responded_with_error(self, client: str, status: int, now_s: float) -> bool:
        """Record a server error; return whether the client is blamed for it."""
        self.record_failure(f"status {status}", now_s)
        return self.health.attempt_failed(client, unreached=False, now_s=now_s)

    def failed(
        self, client: str, error: UpstreamError, granted_s: float, now_s: float
    ) -> bool:
        """Record an attempt without a response in the granted time.

        Return whether the client is blamed.
        """
        self.record_failure(error.detail, now_s)
        if isinstance(error, UpstreamTimeout):
            self._latency.observe(granted_s, now_s)
        cause = None if error.nothing_sent else client
        return self.health.attempt_failed(cause, unreached=error.unreached, now_s=now_s)

    def failed_alone(self, now_s: float) -> None:
        """Count a failure that was blamed: another instance has responded."""
        self.health.attempt_failed(None, unreached=False, now_s=now_s)

    def hedge_lost(self, client: str, elapsed_s: float, now_s: float) -> None:
        """Record that a later attempt at another instance was faster.

        A single one is weak evidence. A sequence without any response means that the
        instance hangs.
        """
        self._latency.observe(elapsed_s, now_s)
        self.record_failure("a hedge was faster", now_s)
        self.health.attempt_failed(client, unreached=False, now_s=now_s)

    def record_failure(self, detail: str, now_s: float) -> None:
        """Record the last failure, for the control port."""
        self.last_failure = detail
        self.last_failure_s = now_s
