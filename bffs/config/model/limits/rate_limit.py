"""The model of rate limits."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Count, Delay, Duration, RequestRate
from weir.bffs.config.model.values.texts import Name, OperationName
from weir.gateway.limits.key import OPERATION, LimitKey, UnknownKeyPart
from weir.gateway.limits.policy import Unit


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _key_part(value: str) -> str:
    try:
        LimitKey((value,))
    except UnknownKeyPart as error:
        raise ValueError(str(error)) from None
    return value


KeyParts = Annotated[
    list[Annotated[str, Field(max_length=4096), AfterValidator(_key_part)]],
    BeforeValidator(_as_list, json_schema_input_type=str | list[str]),
]
"""Parts of a request, such as `address`, `claim:<path>` or `cel:<expression>`."""


class AdaptiveSection(Section):
    """A limit that follows the health of a service."""

    service: Name
    """Name of the upstream."""
    floor: RequestRate
    """Requests per time that are always allowed, such as `10 per 1s`."""


class RateLimitSection(Section):
    """A limit of requests per time; clients beyond it get 429 with `Retry-After`."""

    rate: RequestRate
    """Requests per time, such as `100 per 1m`."""
    unit: Unit = "requests"
    """`cost` counts the estimated cost of operations in place of requests; a façade
    then gives back what the actual cost is lower."""
    burst: Count | None = None
    """Requests that may come at once after a pause; by default the number of `rate`."""
    wait: Annotated[Duration, Field(le=30)] | None = None
    """Longest time that a request beyond the limit waits for its turn; by default, it
    is rejected at once. At most 100 requests wait."""
    key: KeyParts = []
    """Count apart by `address` (IPv6 by /64), `subject`, `client_id`, `api_key`,
    `plan`, `operation`, `claim:<path>`, `header:<name>`, `cel:<expression>`, or a list
    of these; without it, all clients share the limit. A client without the identity or
    field is counted by address."""
    operations: Annotated[list[OperationName], Field(min_length=1)] | None = None
    """Count only requests that run one of these stored operations; those of a version
    are `v1.Title`."""
    max_backoff: Delay | None = None
    """Longest time for which no request passes of a client that is refused more than
    twice as often as the limit allows; a connection is closed. By default 60
    seconds for a limit with a `key` of each client that is not `adaptive`; `0s` for
    none."""
    adaptive: AdaptiveSection | None = None
    """Lower the limit while this service has trouble: an open breaker, errors, or a
    high latency."""

    @model_validator(mode="after")
    def _check_operations(self) -> Self:
        if self.unit == "requests":
            return self
        for name, is_used in (
            ("key: operation", OPERATION in self.key),
            ("operations", self.operations is not None),
        ):
            if is_used:
                message = f"`{name}` is only used with `unit: requests`"
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_adaptive(self) -> Self:
        if self.adaptive is None:
            return self
        if self.unit == "cost":
            message = "`adaptive` is only used with `unit: requests`"
            raise ValueError(message)
        if self.adaptive.floor.per_s >= self.rate.per_s:
            message = "the `floor` of `adaptive` has to be lower than `rate`"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_backoff(self) -> Self:
        if self.max_backoff is None:
            return self
        is_common = LimitKey(tuple(self.key)).is_common
        if is_common or self.adaptive or self.unit == "cost":
            message = (
                "`max_backoff` is only used with a `key` of each client, `unit:"
                " requests` and without `adaptive`"
            )
            raise ValueError(message)
        if self.max_backoff and self.max_backoff < 1:
            message = "`max_backoff` has to be `0s`, or at least `1s`"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_wait(self) -> Self:
        if self.wait is None:
            return self
        if self.unit == "cost":
            message = "`wait` is only used with `unit: requests`"
            raise ValueError(message)
        interval_s = self.rate.window_s / self.rate.requests
        if self.wait < interval_s:
            message = (
                "`wait` has no effect, because it is shorter than the"
                f" {interval_s:g} s until the next request is allowed"
            )
            raise ValueError(message)
        return self
