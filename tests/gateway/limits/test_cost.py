"""Limits of costs: charges, refunds, and which limit an operation has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.support.contexts import a_context
from tests.support.fake_clock import FakeClock
from weir.gateway.context import ANONYMOUS, Identity, RequestContext
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.cost import CostLimiter
from weir.gateway.limits.errors import RateLimited
from weir.gateway.limits.key import LimitKey
from weir.gateway.limits.limiter import LimitBuckets, limit_buckets
from weir.gateway.limits.plans import PlanLimiter, Plans
from weir.gateway.limits.policy import CostLimit, Plan, RateLimit

SUBJECT = LimitKey(("subject",))
WORK = RateLimit(
    name="work", count=100, window_s=100, burst=100, key=SUBJECT, unit="cost"
)
BUDGET = RateLimit(
    name="budget", count=10, window_s=100, burst=10, key=SUBJECT, unit="cost"
)
OWN = CostLimit(maximum=70, enforced=True)
SMALL = CostLimit(maximum=7, enforced=True)
FREE = Plan(name="free", budget=BUDGET, cost=SMALL)
GOLD = Plan(name="gold")


def caller(plan: str = "") -> RequestContext:
    claims = {"plan": plan} if plan else {}
    identity = Identity(method="api_key", subject="ada", claims=claims)
    return structs.replace(a_context(), identity=identity)


class World:
    """A façade with a limit of costs, and callers of two plans."""

    def __init__(self, *, has_plans: bool = True) -> None:
        self.clock = FakeClock()
        self.buckets: LimitBuckets = limit_buckets((WORK, BUDGET), {})
        limiters = {each.name: PlanLimiter(each, self.buckets) for each in (FREE, GOLD)}
        plans = Plans(limiters=limiters, claim="plan", default=None)
        self.limiter = CostLimiter(
            OWN, [self.buckets[WORK]], plans if has_plans else None, self.clock
        )

    def left(self, limit: RateLimit) -> int:
        context = caller()
        key = SUBJECT.digest(
            Caller(context.client_address, context.client_headers, context.identity)
        )
        return self.buckets[limit].peek(key, self.clock.now_s).remaining


async def test_an_operation_is_charged_its_estimate_and_gets_the_difference_back() -> (
    None
):
    world = World()
    charge = await world.limiter.charge(caller("gold"), 60)
    assert charge is not None
    assert world.left(WORK) == 40

    charge.settle(15)

    assert world.left(WORK) == 85


async def test_an_actual_cost_above_the_estimate_takes_nothing_more() -> None:
    world = World()
    charge = await world.limiter.charge(caller("gold"), 60)
    assert charge is not None

    charge.settle(90)

    assert world.left(WORK) == 40


async def test_beyond_a_limit_an_operation_is_refused_and_takes_nothing() -> None:
    world = World()
    await world.limiter.charge(caller("gold"), 60)

    with pytest.raises(RateLimited) as refused:
        await world.limiter.charge(caller("gold"), 41)

    assert refused.value.detail == (
        'The limit "work" allows operations that cost 100 per 100 s, and 100 at once. '
        "The operation is estimated to cost 41."
    )
    assert refused.value.response_headers == ((b"retry-after", b"1"),)
    assert world.left(WORK) == 40


async def test_an_operation_that_never_fits_is_not_told_to_come_back() -> None:
    with pytest.raises(RateLimited) as refused:
        await World().limiter.charge(caller("gold"), 101)

    assert refused.value.response_headers == ()


async def test_the_budget_of_a_plan_counts_beside_the_limits_of_the_facade() -> None:
    world = World()
    charge = await world.limiter.charge(caller("free"), 8)
    assert charge is not None
    assert (world.left(WORK), world.left(BUDGET)) == (92, 2)

    with pytest.raises(RateLimited, match='"budget"'):
        await world.limiter.charge(caller("free"), 3)
    assert (world.left(WORK), world.left(BUDGET)) == (92, 2)

    charge.settle(1)
    assert (world.left(WORK), world.left(BUDGET)) == (99, 9)


def test_the_largest_cost_is_that_of_the_plan_or_else_of_the_facade() -> None:
    limiter = World().limiter

    assert limiter.limit(caller("free").identity) is SMALL
    assert limiter.limit(caller("gold").identity) is OWN
    assert limiter.limit(ANONYMOUS) is OWN
    assert World(has_plans=False).limiter.limit(caller("free").identity) is OWN


async def test_without_a_limit_nothing_is_charged() -> None:
    limiter = CostLimiter(OWN, (), None, FakeClock())

    assert await limiter.charge(caller(), 10**9) is None


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90), st.integers(0, 20))))
async def test_refunds_never_create_tokens(steps: list[tuple[int, int, int]]) -> None:
    world = World(has_plans=False)
    began_s, spent = world.clock.now_s, 0
    for estimated, actual, pause_s in steps:
        try:
            charge = await world.limiter.charge(caller(), estimated)
        except RateLimited:
            charge = None
        if charge is not None:
            charge.settle(actual)
            spent += min(actual, estimated)
        assert world.left(WORK) <= WORK.burst
        world.clock.advance(pause_s)
        assert spent <= WORK.burst + (world.clock.now_s - began_s)
