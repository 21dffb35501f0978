from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.upstreams.middleware.retry.budget import SAVED_FOR_S, RetryBudget


def taken(budget: RetryBudget, times: int, now_s: float = 0.0) -> int:
    return sum(budget.take(now_s) for _ in range(times))


def test_a_burst_of_failures_is_covered_by_what_was_saved() -> None:
    assert taken(RetryBudget(0.2, 0.0), 1000) == 10 * SAVED_FOR_S


def test_the_floor_comes_back_with_time() -> None:
    budget = RetryBudget(0.2, 0.0)
    taken(budget, 1000)

    assert taken(budget, 1000, now_s=1.0) == 10


def test_calls_earn_their_share() -> None:
    budget = RetryBudget(0.25, 0.0)
    taken(budget, 1000)

    for _ in range(100):
        budget.call_started()

    assert taken(budget, 1000) == 25


@given(
    steps=st.lists(
        st.tuples(st.booleans(), st.floats(0.0, 0.5, allow_nan=False)), max_size=300
    )
)
def test_repeats_never_exceed_the_share_of_calls_plus_the_floor(
    steps: list[tuple[bool, float]],
) -> None:
    budget = RetryBudget(0.2, 0.0)
    now_s, calls, repeats = 0.0, 0, 0

    for is_call, pause_s in steps:
        now_s += pause_s
        if is_call:
            calls += 1
            budget.call_started()
        else:
            repeats += budget.take(now_s)

    assert repeats <= 10.0 * (SAVED_FOR_S + now_s) + 0.2 * calls + 1e-6
