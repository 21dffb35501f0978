"""The choice of a plan, and the limits of each."""

from collections.abc import Mapping

import pytest

from weir.gateway.context import ANONYMOUS, Identity
from weir.gateway.json_types import JSONValue
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.errors import PlanUnknown, RateLimited
from weir.gateway.limits.key import LimitKey
from weir.gateway.limits.limiter import limit_buckets
from weir.gateway.limits.plans import PlanLimiter, Plans
from weir.gateway.limits.policy import Plan, RateLimit

CALLER = LimitKey(("subject",))
DAY_S = 86_400


def limit(name: str, count: int, window_s: float) -> RateLimit:
    return RateLimit(name=name, count=count, window_s=window_s, burst=count, key=CALLER)


RATE = limit("rate", 10, 1)
DAY = limit("day", 20, DAY_S)
SLOW = limit("beyond", 1, 1)


def limiter(plan: Plan) -> PlanLimiter:
    return PlanLimiter(plan, limit_buckets(plan.limits, {}))


def caller(subject: str) -> Caller:
    return Caller("192.0.2.1", {}, Identity(method="api_key", subject=subject))


ADA, BOB = caller("ada"), caller("bob")


def passed(of: PlanLimiter, at_s: float, requests: int = 100) -> int:
    """Return how many of many requests at once pass."""
    count = 0
    for _ in range(requests):
        try:
            assert of.take(ADA, at_s) is None
        except RateLimited:
            continue
        count += 1
    return count


def test_rate_and_quota_have_to_allow_a_request() -> None:
    plan = limiter(Plan(name="free", rates=(RATE,), quotas=(DAY,)))

    assert [passed(plan, each) for each in (0, 1, 2)] == [10, 10, 0]
    with pytest.raises(RateLimited, match='"day"') as refused:
        plan.take(ADA, 2)
    assert refused.value.retry_after_s == pytest.approx(DAY_S / 20 - 2)
    plan.take(BOB, 2)


def test_beyond_a_quota_requests_are_slower() -> None:
    plan = limiter(Plan(name="free", rates=(RATE,), quotas=(DAY,), beyond=SLOW))

    assert [passed(plan, each) for each in range(6)] == [10, 10, 1, 1, 1, 1]
    with pytest.raises(RateLimited, match='"beyond"'):
        plan.take(ADA, 5)


def test_a_slower_rate_does_not_replace_the_rate_within_a_quota() -> None:
    plan = limiter(Plan(name="free", rates=(RATE,), quotas=(DAY,), beyond=SLOW))

    assert passed(plan, 0) == 10
    with pytest.raises(RateLimited, match='"rate"'):
        plan.take(ADA, 0)


FREE, GOLD = (
    limiter(Plan(name=name, quotas=(limit("day", 5, DAY_S),)))
    for name in ("free", "gold")
)


@pytest.mark.parametrize(
    ("claims", "default", "expected"),
    [
        ({"plan": "gold"}, None, "gold"),
        ({"plan": "gold"}, "free", "gold"),
        ({}, "free", "free"),
        ({"plan": None}, "free", "free"),
        ({}, None, None),
        ({"plan": "silver"}, "free", None),
        ({"plan": ["gold"]}, "free", None),
        ({"plan": ""}, "free", None),
    ],
)
def test_a_plan_is_chosen_by_a_claim(
    claims: Mapping[str, JSONValue], default: str | None, expected: str | None
) -> None:
    plans = Plans(limiters={"free": FREE, "gold": GOLD}, claim="plan", default=default)
    identity = Identity(method="jwt", subject="ada", claims=claims)

    found = plans.find(identity)

    assert (found and found.plan.name) == expected
    if expected is None:
        with pytest.raises(PlanUnknown, match='The claim "plan"'):
            plans.require(identity)


def test_a_claim_may_have_a_path_and_anonymous_callers_the_default() -> None:
    plans = Plans(
        limiters={"free": FREE, "gold": GOLD}, claim="customer.plan", default="free"
    )
    nested = Identity(method="jwt", claims={"customer": {"plan": "gold"}})

    assert plans.find(nested) is GOLD
    assert plans.find(ANONYMOUS) is FREE
