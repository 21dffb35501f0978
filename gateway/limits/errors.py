"""The error of a client that exceeds a limit."""

from math import isinf
from typing import Literal

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
    """A request beyond a limit; `Retry-After` is the time until it would pass.

    `cost` are its tokens: 1, or the estimated cost of its operation. A client with a
    `backoff` was refused too often. Its connection is closed when one `begins`, and not
    for each request within it, as a new connection costs more than a refusal.
    """

    def __init__(
        self,
        limit: RateLimit,
        retry_after_s: float,
        cost: int = 1,
        *,
        backoff: Literal["", "begins", "lasts"] = "",
    ) -> None:
        ignored = " Requests beyond it were sent too often." if backoff else ""
        super().__init__(_beyond(limit, cost) + ignored)
        self.limit = limit
        self.backs_off = backoff != ""
        self.closes_connection = backoff == "begins"
        self.retry_after_s = None if isinf(retry_after_s) else retry_after_s


def _beyond(limit: RateLimit, cost: int) -> str:
    allowed = f"{limit.count} requests"
    found = ""
    at_most = " at most" if limit.adaptive else ""
    if limit.unit == "cost":
        allowed = f"operations that cost {limit.count}"
        found = f" The operation is estimated to cost {cost}."
    return (
        f'The limit "{limit.name}" allows{at_most} {allowed} per {limit.window_s:g} s,'
        f" and {limit.burst} at once.{found}"
    )


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
