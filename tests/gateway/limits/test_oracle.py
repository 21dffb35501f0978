"""Another library's GCRA decides alike, request by request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from throttled import RateLimiterType, Throttled, rate_limiter, store, utils

from weir.gateway.limits.buckets import Buckets
from weir.gateway.limits.policy import RateLimit

# Times are multiples of a power of two, so that no library has to round them.
TICK_S = 1 / 64


@given(
    st.sampled_from([1, 2, 8, 32]),
    st.integers(1, 12),
    st.lists(
        st.tuples(st.integers(0, 200), st.integers(0, 2), st.integers(1, 4)),
        min_size=1,
        max_size=60,
    ),
)
def test_decisions_are_those_of_throttled(
    per_s: int, burst: int, requests: list[tuple[int, int, int]]
) -> None:
    now_s = 1000.0
    ours = Buckets(RateLimit(name="all", count=per_s, window_s=1, burst=burst))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, "now_mono_f", lambda: now_s)
        theirs = Throttled(
            using=RateLimiterType.GCRA.value,
            quota=rate_limiter.per_sec(per_s, burst=burst),
            store=store.MemoryStore(),
        )
        for ticks, key, cost in requests:
            now_s += ticks * TICK_S
            decision = ours.take(b"%d" % key, now_s, cost)
            left = ours.peek(b"%d" % key, now_s)
            expected = theirs.limit(str(key), cost=cost)

            assert decision.allowed is not expected.limited
            assert left.remaining == expected.state.remaining
            assert left.reset_s == pytest.approx(expected.state.reset_after)
            if cost <= burst:
                retry_s = expected.state.retry_after
                assert decision.retry_after_s == pytest.approx(retry_s)
