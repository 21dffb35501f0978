"""The error of a client that exceeds a limit."""

from math import isinf

from weir.gateway.errors import Fault, WeirError
from weir.gateway.limits.policy import RateLimit


class RateLimited(
    WeirError,
    code="RATE_LIMITED",
    fault=Fault.CLIENT,
    status=429,
    retryable=True,
    title="The client sent too many requests.",
):
    """A request beyond a limit; `Retry-After` is the time until it would pass."""

    def __init__(self, limit: RateLimit, retry_after_s: float) -> None:
        super().__init__(
            f'The limit "{limit.name}" allows {limit.count} requests per '
            f"{limit.window_s:g} s, and {limit.burst} at once."
        )
        self.limit = limit
        self.retry_after_s = None if isinf(retry_after_s) else retry_after_s


class PlanUnknown(
    WeirError,
    code="PLAN_UNKNOWN",
    fault=Fault.CLIENT,
    status=403,
    title="The credential does not name a plan of this API.",
):
    """A caller without a plan, or with one that is not configured."""

    def __init__(self, claim: str) -> None:
        super().__init__(
            f'The claim "{claim}" of the credential is missing, or does not name a plan'
            " of this API."
        )
