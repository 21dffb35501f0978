"""What can go wrong between us and an upstream.

    UpstreamError
    +-- UpstreamUnavailable       no instance may be tried; nothing was sent
    +-- CircuitOpen               the breaker refuses; nothing was sent
    +-- UpstreamOverloaded        the concurrency limit refuses; nothing was sent
    +-- UpstreamReplyTooLarge     the answer is above the size limit
    +-- UpstreamRequestInvalid    we were asked to send what HTTP cannot carry
    +-- UpstreamFailure           counts against the instance and the upstream
        +-- UpstreamTimeout         no complete answer in time
        +-- UpstreamConnectFailed   no connection to an instance; nothing was sent
        +-- UpstreamConnectionLost  the connection ended before the answer did
        +-- UpstreamProtocolError   the answer breaks HTTP, or a limit of ours on it

The foreign exceptions of sockets, TLS, the parser and the decoders are mapped to
these in `gateway.transport`, and nowhere else.
"""

from typing import ClassVar

from gateway.errors import Fault, WeirError
from gateway.upstreams.policy import FallbackPolicy


class UpstreamError(WeirError):
    """A call that got no answer; `retry_after_s` where a wait is known to help.

    `counts_as_failure` says that it speaks against the instance and the upstream
    that were asked, to passive health and the breaker. `fallback` is what a safe call
    may be answered in its place.
    """

    nothing_sent: ClassVar[bool] = False
    """True where no byte of the request can have reached the upstream."""
    unreached: ClassVar[bool] = False
    """True where the connection failed, rather than what was said on it."""

    def __init__(self, detail: str = "", *, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s
        self.counts_as_failure = False
        self.fallback: FallbackPolicy | None = None


class UpstreamUnavailable(
    UpstreamError,
    code="UPSTREAM_UNAVAILABLE",
    fault=Fault.UPSTREAM,
    status=503,
    retryable=True,
    title="A service behind the gateway is not available.",
):
    """No instance of the upstream may be tried."""

    nothing_sent = True


class CircuitOpen(
    UpstreamError,
    code="UPSTREAM_CIRCUIT_OPEN",
    fault=Fault.UPSTREAM,
    status=503,
    retryable=True,
    title="A service behind the gateway failed repeatedly and is given a rest.",
):
    """The upstream's breaker is open."""

    nothing_sent = True


class UpstreamOverloaded(
    UpstreamError,
    code="UPSTREAM_OVERLOADED",
    fault=Fault.UPSTREAM,
    status=503,
    retryable=True,
    title="A service behind the gateway has as much work as it can take.",
):
    """The upstream has as many calls in flight, and waiting, as it may have."""

    nothing_sent = True


class UpstreamFailure(UpstreamError):
    """A failure that speaks against the instance that was asked."""

    def __init__(self, detail: str = "", *, retry_after_s: float | None = None) -> None:
        super().__init__(detail, retry_after_s=retry_after_s)
        self.counts_as_failure = True


class UpstreamTimeout(
    UpstreamFailure,
    code="UPSTREAM_TIMEOUT",
    fault=Fault.UPSTREAM,
    status=504,
    retryable=True,
    title="A service behind the gateway did not answer in time.",
):
    """There was no complete answer within the time there was."""


class UpstreamConnectFailed(
    UpstreamFailure,
    code="UPSTREAM_CONNECT_FAILED",
    fault=Fault.UPSTREAM,
    status=502,
    retryable=True,
    title="A service behind the gateway could not be reached.",
):
    """No connection to the instance came about."""

    nothing_sent = True
    unreached = True


class UpstreamConnectionLost(
    UpstreamFailure,
    code="UPSTREAM_CONNECTION_LOST",
    fault=Fault.UPSTREAM,
    status=502,
    retryable=True,
    title="A service behind the gateway broke off its answer.",
):
    """The connection ended before the answer was complete."""

    unreached = True


class UpstreamProtocolError(
    UpstreamFailure,
    code="UPSTREAM_PROTOCOL_ERROR",
    fault=Fault.UPSTREAM,
    status=502,
    title="A service behind the gateway sent an answer that is not valid HTTP.",
):
    """The instance's answer is not one that HTTP/1.1, or a limit of ours, allows."""


class UpstreamReplyTooLarge(
    UpstreamError,
    code="UPSTREAM_REPLY_TOO_LARGE",
    fault=Fault.UPSTREAM,
    status=502,
    title="A service behind the gateway sent an answer above the size limit.",
):
    """The answer is larger than the policy allows, as sent or once decoded.

    No failure of the upstream's: a client that asks for much must not open the
    breaker for everybody.
    """


class UpstreamRequestInvalid(
    UpstreamError,
    code="UPSTREAM_REQUEST_INVALID",
    fault=Fault.OURS,
    status=500,
    title="The gateway could not express this request to a service.",
):
    """The request holds what would change its meaning on the wire."""

    nothing_sent = True
