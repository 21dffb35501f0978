"""The errors of calls to upstreams.

Errors derived from `UpstreamFailure` count against the instance and the upstream. Only
`gateway.transport` maps exceptions of sockets, TLS, parsers and decoders to them.
"""

from typing import ClassVar, Final, Self

from weir.gateway.errors import Fault, GatewayOverloaded, WeirError


class UpstreamError(WeirError):
    """A call without a response; `retry_after_s` is set if a wait is known to help.

    If it `counts_as_failure`, it counts against the health of the instance and in the
    circuit breaker.
    """

    is_failure: ClassVar[bool] = False
    """Whether errors of this class count as failures by default."""
    nothing_sent: ClassVar[bool] = False
    """Whether no byte of the request can have reached the upstream."""
    unreached: ClassVar[bool] = False
    """Whether the connection failed, rather than the exchange on it."""

    def __init__(
        self,
        detail: str = "",
        *,
        retry_after_s: float | None = None,
        counts_as_failure: bool | None = None,
    ) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s
        self.counts_as_failure: Final = (
            self.is_failure if counts_as_failure is None else counts_as_failure
        )

    def counted(self, *, as_failure: bool) -> Self:
        """Return a copy that counts as a failure, or does not."""
        return type(self)(
            self.detail, retry_after_s=self.retry_after_s, counts_as_failure=as_failure
        )


class UpstreamUnavailable(
    UpstreamError,
    code="UPSTREAM_UNAVAILABLE",
    fault=Fault.UPSTREAM,
    status=503,
    retryable=True,
    title="No instance of a service is available.",
):
    nothing_sent = True


class CircuitOpen(
    UpstreamError,
    code="UPSTREAM_CIRCUIT_OPEN",
    fault=Fault.UPSTREAM,
    status=503,
    retryable=True,
    title="The circuit breaker for a service is open.",
):
    nothing_sent = True


class UpstreamOverloaded(
    UpstreamError,
    code="UPSTREAM_OVERLOADED",
    fault=Fault.UPSTREAM,
    status=503,
    retryable=True,
    title="A service is at its concurrency limit.",
):
    """An upstream whose slots and queue are full."""

    nothing_sent = True


class UpstreamRateLimited(
    UpstreamError,
    code="UPSTREAM_RATE_LIMITED",
    fault=Fault.CLIENT,
    status=429,
    retryable=True,
    title="The client sent too many requests for a service.",
):
    """A call beyond a rate limit of an upstream."""

    nothing_sent = True


class ServiceTokenUnavailable(
    UpstreamError,
    code="UPSTREAM_TOKEN_UNAVAILABLE",
    fault=Fault.UPSTREAM,
    status=503,
    retryable=True,
    title="The gateway has no token for a service.",
):
    """A call without the gateway's own token, which its server has not issued."""

    nothing_sent = True


class UpstreamFailure(UpstreamError):
    """A failure that counts against the instance."""

    is_failure = True


class UpstreamTimeout(
    UpstreamFailure,
    code="UPSTREAM_TIMEOUT",
    fault=Fault.UPSTREAM,
    status=504,
    retryable=True,
    title="A service did not respond in time.",
): ...


class UpstreamConnectFailed(
    UpstreamFailure,
    code="UPSTREAM_CONNECT_FAILED",
    fault=Fault.UPSTREAM,
    status=502,
    retryable=True,
    title="A service could not be reached.",
):
    nothing_sent = True
    unreached = True


class UpstreamConnectionLost(
    UpstreamFailure,
    code="UPSTREAM_CONNECTION_LOST",
    fault=Fault.UPSTREAM,
    status=502,
    retryable=True,
    title="A service closed the connection before its response was complete.",
):
    unreached = True


class UpstreamProtocolError(
    UpstreamFailure,
    code="UPSTREAM_PROTOCOL_ERROR",
    fault=Fault.UPSTREAM,
    status=502,
    title="A service sent a response that is not valid HTTP.",
):
    """A response that violates HTTP, or a limit of the gateway on its parts."""


class UpstreamReplyTooLarge(
    UpstreamError,
    code="UPSTREAM_REPLY_TOO_LARGE",
    fault=Fault.UPSTREAM,
    status=502,
    title="A service sent a response above the size limit.",
):
    """A response above the limit of the policy, as sent or decoded.

    It is not a failure of the upstream: a client that requests much data must not open
    the breaker for the others.
    """


class ReplyMemoryExceeded(UpstreamError, GatewayOverloaded):
    """A response for which there is no memory while so many others arrive.

    Neither the service nor its instance is the cause. `client` is the one that has no
    memory left.
    """

    client: str = ""

    def counted(self, *, as_failure: bool) -> Self:
        copy = super().counted(as_failure=as_failure)
        copy.client = self.client
        return copy


class UpstreamRequestInvalid(
    UpstreamError,
    code="UPSTREAM_REQUEST_INVALID",
    fault=Fault.OURS,
    status=500,
    title="The request to a service cannot be expressed in HTTP.",
):
    """A request with characters that would change its meaning on the wire."""

    nothing_sent = True
