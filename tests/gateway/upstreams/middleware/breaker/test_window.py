from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.upstreams.middleware.breaker.window import FailureWindow


def test_what_is_older_than_the_window_is_forgotten() -> None:
    window = FailureWindow(10.0)

    window.add(failed=True, now_s=0.0)
    window.add(failed=False, now_s=5.0)
    assert (window.calls, window.failed_share) == (2, 0.5)
    window.add(failed=False, now_s=10.5)
    assert (window.calls, window.failed_share) == (2, 0.0)
    window.add(failed=True, now_s=1000.0)
    assert (window.calls, window.failed_share) == (1, 1.0)


@given(
    ends=st.lists(
        st.tuples(st.floats(0, 8, allow_nan=False), st.booleans()), max_size=100
    )
)
def test_the_window_counts_what_a_list_would_to_the_width_of_a_bucket(
    ends: list[tuple[float, bool]],
) -> None:
    window = FailureWindow(10.0)
    now_s, seen = 0.0, list[tuple[float, bool]]()
    for pause_s, failed in ends:
        now_s += pause_s
        seen.append((now_s, failed))
        window.add(failed=failed, now_s=now_s)

    surely = [one for one in seen if one[0] > now_s - 9.0]
    possibly = [one for one in seen if one[0] > now_s - 10.0]
    assert len(surely) <= window.calls <= max(len(possibly), 0)
