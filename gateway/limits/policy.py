"""The policies of limits: of requests or costs per time, of one operation, of plans."""

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from weir.gateway.limits.key import LimitKey

EVERYBODY: Final = LimitKey()

Unit: TypeAlias = Literal["requests", "cost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptivePolicy:
    """A limit follows the health of `service`, down to `floor`, a share of its rate."""

    service: str
    floor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """A limit of `count` requests per `window_s` seconds for each value of `key`.

    `burst` is the number of requests that may come at once after a pause. In any time
    of t seconds, at most `burst + count * t / window_s` requests pass. `scope` is the
    façade or route that the limit belongs to, or "" for a limit of all together. In the
    `unit` of costs, an operation counts as much as it is estimated to cost. A request
    beyond the limit may wait for `wait_s`. An `adaptive` limit may allow less. The
    longest back-off of a key that is refused much more often than it passes is
    `max_backoff_s`, or 0 for none. With `operations`, only requests that run one of
    these stored operations count.
    """

    name: str
    count: int
    window_s: float
    burst: int
    key: LimitKey = EVERYBODY
    scope: str = ""
    unit: Unit = "requests"
    wait_s: float = 0.0
    adaptive: AdaptivePolicy | None = None
    max_backoff_s: float = 0.0
    operations: tuple[str, ...] = ()
    interval_s: float = field(init=False, repr=False, compare=False)
    """The time in which one request becomes allowed again."""
    capacity_s: float = field(init=False, repr=False, compare=False)
    """The time in which an empty bucket becomes full."""

    def __post_init__(self) -> None:
        interval_s = self.window_s / self.count
        object.__setattr__(self, "interval_s", interval_s)
        object.__setattr__(self, "capacity_s", interval_s * self.burst)

    @property
    def identity(self) -> tuple[object, ...]:
        """The values by which stored states belong to this limit."""
        return (
            *(self.scope, self.name, self.count, self.window_s, self.burst),
            *(self.key.parts, self.unit),
            *self.operations,
        )

    @property
    def depends_on_operation(self) -> bool:
        """Whether it counts some operations only, or each of them apart."""
        return bool(self.operations) or self.key.needs_operation


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLimit:
    """The largest cost of one operation; a `maximum` of None allows any.

    Without `enforced`, costs are only measured.
    """

    maximum: int | None = None
    enforced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The limits of one plan, each of them for each caller.

    A request has to pass `rates` and `quotas`. Beyond a quota, it passes if `beyond`
    allows it, and is rejected without this limit. `budget` is for the cost of all
    operations, and `cost` for that of each.
    """

    name: str
    rates: tuple[RateLimit, ...] = ()
    quotas: tuple[RateLimit, ...] = ()
    beyond: RateLimit | None = None
    budget: RateLimit | None = None
    cost: CostLimit | None = None

    @property
    def limits(self) -> tuple[RateLimit, ...]:
        """All limits with a time."""
        single = [each for each in (self.beyond, self.budget) if each is not None]
        return (*self.rates, *self.quotas, *single)
